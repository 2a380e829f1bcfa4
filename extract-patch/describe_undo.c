// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of the manifest is about the whole patch: whether the program is as it was once the patch
 * is removed, and which refusal rules were checked.
 */
#include <stdlib.h>
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/output.h"
#include "extract-patch/rules.h"

static int compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void sort(struct lp_strs *strs)
{
	if (strs->n)
		qsort(strs->items, strs->n, sizeof(*strs->items), compare);
}

static bool is_of_removal(const struct ep_hook *hook)
{
	const char *kind = ep_hook_kinds[hook->kind];

	return !strcmp(kind, "unload") || !strcmp(kind, "prerevert") || !strcmp(kind, "postrevert");
}

/* Hooks that run when the patch goes out take back what the others did, if there are any. */
static void describe_hooks(const struct ep_patch *patch, struct lp_m_undo *ret)
{
	for (size_t i = 0; i < patch->hooks.n; i++) {
		const struct ep_hook *hook = &patch->hooks.items[i];

		lp_vec_push(patch->arena, is_of_removal(hook) ? &ret->runs : &ret->stays,
			    hook->name);
	}
	if (ret->runs.n)
		ret->stays.n = 0;
}

void ep_describe_undo(const struct ep_patch *patch, struct lp_m_undo *ret)
{
	*ret = (struct lp_m_undo){ 0 };
	describe_hooks(patch, ret);
	for (size_t i = 0; i < patch->pieces.n; i++) {
		const struct ep_piece *piece = &patch->pieces.items[i];

		if (piece->name && (piece->area == EP_DATA || piece->area == EP_BSS))
			lp_vec_push(patch->arena, &ret->loses, piece->name);
	}
	for (size_t u = 0; u < patch->units.n; u++) {
		const struct lp_info *info = &patch->units.items[u].info;

		for (size_t i = 0; i < info->pins.n; i++)
			lp_vec_push(patch->arena, &ret->pins, info->pins.items[i].name);
	}
	sort(&ret->loses);
	sort(&ret->pins);
	ret->status =
		ret->runs.n || ret->loses.n || ret->stays.n || ret->pins.n ? "careful" : "clean";
}

static bool has(const struct lp_strs *strs, const char *text)
{
	for (size_t i = 0; i < strs->n; i++) {
		if (!strcmp(strs->items[i], text))
			return true;
	}
	return false;
}

/* Of create-diff-object those that each object was checked for. */
void ep_describe_passed(const struct ep_patch *patch, struct lp_m_passed *ret)
{
	*ret = (struct lp_m_passed){ 0 };
	for (size_t i = 0; patch->units.n && i < patch->units.items[0].info.passed.n; i++) {
		const char *rule = patch->units.items[0].info.passed.items[i];
		size_t u = 1;

		while (u < patch->units.n && has(&patch->units.items[u].info.passed, rule))
			u++;
		if (u == patch->units.n)
			lp_vec_push(patch->arena, &ret->objects, rule);
	}
	for (size_t i = 0; i < ep_n_rules; i++)
		if (patch->target->flavour->has_rule(ep_rules[i].id))
			lp_vec_push(patch->arena, &ret->executable, ep_rules[i].id);
	sort(&ret->objects);
	sort(&ret->executable);
}
