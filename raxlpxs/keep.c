/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/keep.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "raxlpxs/payload.h"
#include "runtime/payload.h"

LP_PRINTF(2, 3) static void warn(struct lp_change_result *result, const char *fmt, ...)
{
	size_t len = strlen(result->warning), size = sizeof(result->warning);
	va_list args;

	if (len)
		len += (size_t)snprintf(result->warning + len, size - len, "; ");
	if (len >= size)
		return;
	va_start(args, fmt);
	vsnprintf(result->warning + len, size - len, fmt, args);
	va_end(args);
}

/* What the operator should know before the next start comes. */
static void warn_of_start(struct lp_arena *arena, const struct lp_store *store,
			  struct lp_change_result *result)
{
	static const u8 none[sizeof(result->patch.depends)];
	const struct wire_patch *p = &result->patch;
	const char *id = lp_hex(arena, p->depends, sizeof(p->depends));
	bool is_met = !memcmp(p->depends, none, sizeof(none));

	for (size_t i = 0; i < store->n && !is_met; i++)
		is_met = !strcmp(store->items[i].id, id);
	if (!is_met)
		warn(result,
		     "what '%s' stacks on (%.12s) is not stored; without it the next start will "
		     "skip it",
		     p->name, id);
	if (p->n_hooks)
		warn(result, "its hooks will run before main() when the program starts");
}

static struct lp_err *forget_others(struct lp_store *store, struct lp_change_result *result)
{
	for (size_t i = 0; i < store->n; i++) {
		if (!strcmp(store->items[i].name, result->patch.name))
			continue;
		LP_TRY(lp_store_remove(store, &store->items[i]));
		result->n_forgotten++;
	}
	return NULL;
}

static struct lp_err *store(struct lp_arena *arena, struct lp_store *s, bool replaces,
			    struct lp_change_result *result)
{
	bool is_new;

	LP_TRY(lp_store_add(arena, s, result->patch.name, result->image, result->image_len,
			    &is_new));
	result->stored = is_new ? LP_STORED_NOW : LP_STORED_BEFORE;
	if (replaces)
		return forget_others(s, result);
	warn_of_start(arena, s, result);
	return NULL;
}

struct lp_err *lp_keep_store(struct lp_arena *arena, const struct lp_store_place *place,
			     bool replaces, struct lp_change_result *result)
{
	struct lp_store s;
	const char *target = NULL;

	/* Of which executable it is, the payload tells: the runtime has compared that with its own.
	 */
	struct lp_err *err = lp_payload_note(arena, result->patch.name, result->image,
					     result->image_len, LIVEPATCH_SEC_TARGET, &target);
	if (!err && (!target || strcmp(target, place->id) != 0))
		err = lp_err(LP_TRUST, "the process calls itself %s, the payload is for %s",
			     place->id, target ? target : "none");
	if (!err)
		err = lp_store_open(arena, place, LP_STORE_MAKE, &s);
	if (!err) {
		err = store(arena, &s, replaces, result);
		lp_store_close(&s);
	}
	if (!err)
		return NULL;
	struct lp_err *both =
		lp_err(LP_FAILED, "patch '%s' is applied, but not stored for the next start: %s",
		       result->patch.name, lp_err_message(err));
	lp_err_destroy(err);
	return both;
}

void lp_keep_remind(struct lp_arena *arena, const struct lp_store_place *place, bool others,
		    struct lp_change_result *result)
{
	const char *name = NULL;
	struct lp_store s;
	size_t n = 0;

	struct lp_err *err = lp_store_open(arena, place, LP_STORE_READ, &s);
	for (size_t i = 0; !err && i < s.n; i++)
		if (others == (strcmp(s.items[i].name, result->patch.name) != 0)) {
			name = s.items[i].name;
			n++;
		}
	if (n == 1)
		warn(result, "'%s' is still stored for the next start; --forget '%s' ends that",
		     name, name);
	else if (n)
		warn(result, "%zu patches are still stored for the next start, see --stored", n);
	if (!err)
		lp_store_close(&s);
	lp_err_destroy(err); /* then the runtime will not read it either */
}
