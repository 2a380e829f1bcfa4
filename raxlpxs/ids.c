/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/ids.h"

#include <string.h>
#include <strings.h>

#include "lib/file.h"
#include "lib/printable.h"
#include "raxlpxs/clock.h"

#define LIST_TIMEOUT (10 * LP_S)

void lp_ids_clean(struct wire_patch *patch)
{
	patch->name[sizeof(patch->name) - 1] = '\0';
	lp_printable(patch->name);
}

struct lp_err *lp_ids_list(struct lp_client *client, struct lp_arena *arena,
			   struct wire_patch **ret, size_t *ret_n)
{
	struct lp_reply reply;
	void *patches;

	*ret = NULL;
	*ret_n = 0;
	LP_TRY(lp_client_call(client, WIRE_LIST, NULL, 0, LIST_TIMEOUT, &reply));
	/* One field per patch, or all in one: both are "for each patch". */
	struct wire_patch *all =
		lp_new_array(arena, WIRE_MAX_REPLY / sizeof(*all), struct wire_patch);
	for (size_t i = 0; i < reply.n_fields; i++) {
		size_t n;

		LP_TRY(lp_reply_array(client, arena, &reply, i, sizeof(*all), &patches, &n));
		memcpy(all + *ret_n, patches, n * sizeof(*all));
		*ret_n += n;
	}
	for (size_t i = 0; i < *ret_n; i++)
		lp_ids_clean(&all[i]);
	*ret = all;
	return NULL;
}

static struct lp_err *ambiguous(struct lp_arena *arena, const struct wire_patch *patches,
				const u32 *hits, size_t n, const char *id)
{
	struct lp_err *err = lp_err(LP_FAILED, "'%s' is ambiguous, it means %zu patches", id, n);

	for (size_t i = 0; i < n; i++) {
		const struct wire_patch *p = &patches[hits[i]];

		err = lp_err_context(err, "%s  %s", lp_hex(arena, p->build_id, sizeof(p->build_id)),
				     p->name);
	}
	return lp_err_advice(err, "give more digits of the build-id");
}

/* One that is kept gives way to a patch with its name or id, and to one that was kept later. */
static bool gives_way(const struct wire_patch *patches, size_t n, size_t i, const char *id)
{
	bool by_name = !strcmp(patches[i].name, id);

	for (size_t k = 0; patches[i].state == WIRE_KEPT && k < n; k++)
		if ((patches[k].state != WIRE_KEPT || k > i) &&
		    (by_name ? !strcmp(patches[k].name, id)
			     : !memcmp(patches[k].build_id, patches[i].build_id,
				       sizeof(patches[i].build_id))))
			return true;
	return false;
}

struct lp_err *lp_ids_resolve(struct lp_arena *arena, const struct wire_patch *patches, size_t n,
			      const char *id, size_t *ret)
{
	u32 *by_name = lp_new_array(arena, n, u32);
	u32 *by_hex = lp_new_array(arena, n, u32);
	size_t n_names = 0, n_hex = 0;

	for (u32 i = 0; i < n; i++) {
		const char *hex = lp_hex(arena, patches[i].build_id, sizeof(patches[i].build_id));

		if (gives_way(patches, n, i, id))
			continue;
		if (!strcmp(patches[i].name, id))
			by_name[n_names++] = i;
		if (*id && !strncasecmp(hex, id, strlen(id)))
			by_hex[n_hex++] = i;
	}
	if (n_names > 1)
		return ambiguous(arena, patches, by_name, n_names, id);
	if (!n_names && n_hex > 1)
		return ambiguous(arena, patches, by_hex, n_hex, id);
	if (!n_names && !n_hex)
		return lp_err_advice(lp_err(LP_NOTHING, "no patch '%s' is there", id),
				     "--list shows what is");
	*ret = n_names ? by_name[0] : by_hex[0];
	return NULL;
}
