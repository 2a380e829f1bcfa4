/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/refusals.h"

#include <stdlib.h>
#include <string.h>

/* What a person reads before looking into the logs, and the first reason of each rule beyond. */
#define MAX_SHOWN 12

/* What follows PREFIX in LINE, or NULL. */
static char *after(char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(line, prefix, n) ? NULL : line + n;
}

/* DETAIL without the list of what else holds a changed struct, which is another one in each object:
 * a member more in QEMU's DeviceState gave 200 different lists in 320 objects. */
static const char *common_detail(struct lp_arena *arena, const char *detail)
{
	const char *list = detail ? strstr(detail, "; also in ") : NULL;

	return list ? lp_strndup(arena, detail, (size_t)(list - detail)) : detail;
}

/* Counts REASON of one more object, once for each object. */
static void add(struct lp_refusals *refusals, struct lp_reason reason)
{
	const char *detail = common_detail(refusals->arena, reason.detail);
	const char *key = lp_printf(refusals->arena, "%s\n%s\n%s", reason.rule, reason.text,
				    detail ? detail : "");
	u32 idx = lp_map_get_str(&refusals->by_text, key);

	if (idx == LP_MAP_NONE) {
		idx = (u32)refusals->reasons.n;
		lp_map_set_str(refusals->arena, &refusals->by_text, key, idx);
		lp_vec_push(refusals->arena, &refusals->reasons, reason);
	}
	struct lp_reason *known = &refusals->reasons.items[idx];

	if (known->n++ && known->detail && reason.detail &&
	    strcmp(known->detail, reason.detail) != 0)
		known->detail = detail;
	if (!known->advice)
		known->advice = reason.advice;
}

/*
 * The tool's words:
 *	error: OBJECT: TEXT
 *	  DETAIL
 *	  also RULE: TEXT
 *	    DETAIL
 *	  rule: RULE
 *	  advice: TEXT
 */
void lp_refusals_add(struct lp_refusals *refusals, const char *object, char *text)
{
	const char *prefix = lp_printf(refusals->arena, "%s: ", object);
	LP_VEC(struct lp_reason) found = { 0 };

	for (char *line = text, *next; *line; line = next) {
		char *rest, *colon;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		struct lp_reason reason = { .rule = "", .object = object };

		if ((rest = after(line, "error: "))) {
			char *bare = after(rest, prefix);

			reason.text = bare ? bare : rest;
			lp_vec_push(refusals->arena, &found, reason);
		} else if (!found.n) {
			continue;
		} else if ((rest = after(line, "  also ")) && (colon = strstr(rest, ": "))) {
			*colon = '\0';
			reason.rule = rest;
			reason.text = colon + 2;
			lp_vec_push(refusals->arena, &found, reason);
		} else if ((rest = after(line, "  rule: "))) {
			found.items[0].rule = rest;
		} else if ((rest = after(line, "  advice: "))) {
			found.items[0].advice = rest;
		} else if (!found.items[found.n - 1].detail) {
			found.items[found.n - 1].detail = line + strspn(line, " ");
		}
	}
	if (!found.n)
		lp_vec_push(
			refusals->arena, &found,
			((struct lp_reason){ .rule = "",
					     .object = object,
					     .text = "the comparison ended without a reason" }));
	u32 n_leads = lp_map_get_str(&refusals->leads, found.items[0].rule);

	lp_map_set_str(refusals->arena, &refusals->leads, found.items[0].rule,
		       n_leads == LP_MAP_NONE ? 1 : n_leads + 1);
	for (size_t i = 0; i < found.n; i++)
		add(refusals, found.items[i]);
}

/* What stands first: what is no refusal; then types. Tables of a type that has changed differ in
 * objects, too, which do not tell of the type: QEMU's 16 tables of VirtioPCIDeviceTypeInfo grew
 * with it, and one object said why. */
static int rank(const struct lp_reason *reason)
{
	if (!*reason->rule)
		return 0;

	bool is_type =
		!strcmp(reason->rule, "layout-changed") || !strcmp(reason->rule, "enum-changed");

	return is_type ? 1 : 2;
}

/*
 * create-diff-object tells the cause first and what follows from it behind: a struct that grew
 * moves what is in tables, one reason of many objects and hundreds of one object each. So the
 * reasons of a rule stay together, and among rules of one rank those come first with which
 * objects begin.
 */
static int by_weight(const void *a, const void *b)
{
	const struct lp_reason *x = a, *y = b;
	int rule = strcmp(x->rule, y->rule);

	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	if (x->n_leads != y->n_leads)
		return x->n_leads < y->n_leads ? 1 : -1;
	if (rule)
		return rule;
	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	int order = strcmp(x->object, y->object);

	return order ? order : strcmp(x->text, y->text);
}

static struct lp_err *show(struct lp_err *err, const struct lp_reason *reason)
{
	err = lp_err_context(err, "%s", reason->text);
	if (reason->detail)
		err = lp_err_context(err, "  %s", reason->detail);
	const char *rule = *reason->rule ? reason->rule : "error";

	if (reason->n == 1)
		return lp_err_context(err, "  %s, in '%s'", rule, reason->object);
	return lp_err_context(err, "  %s, in '%s' and %zu more", rule, reason->object,
			      reason->n - 1);
}

struct lp_err *lp_refusals_error(struct lp_refusals *refusals, enum lp_code code,
				 const char *message)
{
	struct lp_reason *reasons = refusals->reasons.items;
	size_t n = refusals->reasons.n, n_hidden = 0, advised = 0;
	struct lp_err *err = lp_err(code, "%s", message);

	if (!n)
		return err;
	for (size_t i = 0; i < n; i++) {
		u32 n_leads = lp_map_get_str(&refusals->leads, reasons[i].rule);

		reasons[i].n_leads = n_leads == LP_MAP_NONE ? 0 : n_leads;
	}
	qsort(reasons, n, sizeof(*reasons), by_weight);
	for (size_t i = 0; i < n; i++) {
		bool is_first = !i || strcmp(reasons[i].rule, reasons[i - 1].rule) != 0;

		if (i < MAX_SHOWN || is_first)
			err = show(err, &reasons[i]);
		else
			n_hidden++;
	}
	if (n_hidden)
		err = lp_err_context(err, "and %zu more reasons: '3-diff' has a log of each object",
				     n_hidden);
	/* What stands behind 'also' comes without advice. */
	while (advised < n && !reasons[advised].advice)
		advised++;
	if (advised < n)
		err = lp_err_advice(err, "%s", reasons[advised].advice);
	else
		advised = 0;
	return *reasons[advised].rule ? lp_err_rule(err, reasons[advised].rule) : err;
}
