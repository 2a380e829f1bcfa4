/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nameless literals that only tables point to which are replaced in place. They become new objects,
 * so that an array in a table can grow:
 *
 *	const VMStateDescription vmstate_x = { .fields = (VMStateField[]) { ... } };
 */
#include "create-diff-object/author.h"

static bool is_literal(const struct cdo_item *item)
{
	return item->kind == CDO_DATA && cdo_is_compiler_object(item->base);
}

/* Says OURS of all literals that ITEM points to; true if that is new of one. */
static bool set_targets(const struct cdo_side *side, u32 idx, bool ours, bool *is_ours)
{
	const struct cdo_item *item = &side->items[idx];
	bool progress = false;

	for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
		const struct cdo_target *target = &side->targets[k];

		if (target->kind != CDO_REF_ITEM || is_ours[target->idx] == ours ||
		    !is_literal(&side->items[target->idx]))
			continue;
		is_ours[target->idx] = ours;
		progress = true;
	}
	return progress;
}

/* Fills in IS_OURS: literals that are reached from tables, and from nothing else. */
static void find_literals(const struct cdo_diff *diff, bool *is_ours)
{
	const struct cdo_side *side = &diff->patched;

	for (int ours = 1; ours >= 0; ours--) {
		bool progress = true;

		while (progress) {
			progress = false;
			for (u32 i = 0; i < side->n_items; i++)
				if ((diff->is_table[i] || is_ours[i]) == ours)
					progress |= set_targets(side, i, ours, is_ours);
		}
	}
}

/* A literal that has changed, or that points to one that has, becomes a new object. */
static bool renew_changed(struct cdo_diff *diff, const bool *is_ours)
{
	bool progress = false;

	for (u32 i = 0; i < diff->patched.n_items; i++) {
		u32 twin = diff->patched.twin[i];

		if (!is_ours[i] || twin == CDO_NONE ||
		    !cdo_compare(diff, twin, i, CDO_BY_TWIN).what)
			continue;
		diff->orig.twin[twin] = CDO_NONE;
		diff->patched.twin[i] = CDO_NONE;
		cdo_set_verdict(diff, i, CDO_NEW);
		progress = true;
	}
	return progress;
}

/* It does not matter which literal of the original a new one was. */
static void drop_ambiguities(struct cdo_diff *diff, const bool *is_ours)
{
	size_t n = 0;

	for (size_t i = 0; i < diff->ambiguities.n; i++) {
		struct cdo_ambiguity pair = diff->ambiguities.items[i];

		if (!is_ours[pair.patched])
			diff->ambiguities.items[n++] = pair;
	}
	diff->ambiguities.n = n;
}

void cdo_renew_literals(struct cdo_diff *diff)
{
	bool *is_ours = lp_new_array(diff->arena, diff->patched.n_items, bool);

	find_literals(diff, is_ours);
	while (renew_changed(diff, is_ours))
		;
	drop_ambiguities(diff, is_ours);
}

bool cdo_has_changed_literal(const struct cdo_diff *diff, u32 idx)
{
	const struct cdo_side *side = &diff->patched;
	const struct cdo_item *item = &side->items[idx];

	for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
		const struct cdo_target *target = &side->targets[k];

		if (target->kind == CDO_REF_ITEM && is_literal(&side->items[target->idx]) &&
		    diff->verdict[target->idx] == CDO_CHANGED)
			return true;
	}
	return false;
}

struct cdo_difference cdo_name_literal(const struct cdo_diff *diff, u32 idx,
				       struct cdo_difference why)
{
	const struct cdo_side *side = &diff->patched;
	const struct cdo_item *item = &side->items[idx];
	u32 rel = cdo_first_reloc(side->elf, item->section, item->off + why.off);
	const struct cdo_target *target = &side->targets[rel];

	if (rel >= item->rel_first + item->n_rels || target->kind != CDO_REF_ITEM ||
	    side->elf->rels[rel].off != item->off + why.off ||
	    !is_literal(&side->items[target->idx]) || diff->verdict[target->idx] != CDO_NEW)
		return why;
	why.what = lp_printf(diff->arena, "points to a new '%s'", side->items[target->idx].base);
	return why;
}
