/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the output holds: every changed and every new function, every new object, tables that are
 * replaced in place, hooks, and the nameless contents (jump tables, __func__, switch tables) that
 * these refer to. What is in the running program is referred to, never copied.
 */
#include "create-diff-object/diff.h"

/* Selected contents lead to more contents; each item is visited once. */
static void select_contents(struct cdo_diff *diff, u32 root)
{
	const struct cdo_side *side = &diff->patched;
	LP_VEC(u32) todo = { 0 };

	lp_vec_push(diff->arena, &todo, root);
	while (todo.n) {
		const struct cdo_item *item = &side->items[todo.items[--todo.n]];

		for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
			const struct cdo_target *target = &side->targets[i];

			if (target->kind != CDO_REF_ITEM || diff->selected[target->idx] ||
			    side->items[target->idx].kind != CDO_CONTENT)
				continue;
			diff->selected[target->idx] = true;
			lp_vec_push(diff->arena, &todo, target->idx);
		}
	}
}

static bool is_root(const struct cdo_diff *diff, u32 idx)
{
	enum cdo_kind kind = diff->patched.items[idx].kind;

	if (kind == CDO_FUNC || kind == CDO_COLD)
		return diff->verdict[idx] != CDO_SAME;
	if (kind == CDO_AUTHOR || diff->is_table[idx])
		return diff->verdict[idx] != CDO_SAME;
	return kind == CDO_DATA && diff->verdict[idx] == CDO_NEW;
}

void cdo_select(struct cdo_diff *diff)
{
	diff->selected = lp_new_array(diff->arena, diff->patched.n_items, bool);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (!is_root(diff, i))
			continue;
		diff->selected[i] = true;
		select_contents(diff, i);
	}
}
