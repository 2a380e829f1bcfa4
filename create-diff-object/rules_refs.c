/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about what the selected code and data refer to. */
#include <string.h>

#include "create-diff-object/rules.h"

/* Calls VISIT for each relocation of a selected item until it returns false. */
static void each_reference(struct cdo_diff *diff, const struct cdo_rule *rule,
			   bool (*visit)(struct cdo_diff *, const struct cdo_rule *, u32 src,
					 u32 rel))
{
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];

		if (!diff->selected[i])
			continue;
		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			if (!visit(diff, rule, i, k))
				return;
		}
	}
}

static bool is_part_of(const struct cdo_side *side, u32 a, u32 b)
{
	return a == b || side->items[a].cold == b || side->items[a].parent == b;
}

static bool visit_unnamed(struct cdo_diff *diff, const struct cdo_rule *rule, u32 src, u32 rel)
{
	const struct cdo_side *side = &diff->patched;
	const struct cdo_target *target = &side->targets[rel];
	const char *from = side->items[src].name;

	if (target->kind == CDO_REF_LOST) {
		cdo_find(diff, rule, "'%s' refers to a nameless place in section '%s'", from,
			 side->elf->sections[target->idx].name);
		return true;
	}
	if (target->kind != CDO_REF_ITEM)
		return true;
	const struct cdo_item *dst = &side->items[target->idx];
	u32 twin = side->twin[target->idx];

	bool has_name = dst->sym && !cdo_is_private(&side->elf->symbols[dst->sym]);

	if (dst->kind == CDO_ODD || dst->kind == CDO_CTORS ||
	    (!has_name && dst->kind != CDO_CONTENT))
		cdo_find(diff, rule, "'%s' refers to section '%s', which has no name for it", from,
			 side->elf->sections[dst->section].name);
	else if ((dst->kind == CDO_FUNC || dst->kind == CDO_COLD) && target->place != 0 &&
		 side->items[src].kind != CDO_CONTENT && diff->verdict[target->idx] != CDO_SAME &&
		 !is_part_of(side, src, target->idx))
		cdo_find(diff, rule, "'%s' refers to the middle of '%s', which has changed", from,
			 dst->name);
	else if (dst->sym && side->elf->symbols[dst->sym].type == STT_GNU_IFUNC &&
		 twin != CDO_NONE && side->elf->symbols[dst->sym].bind == STB_LOCAL)
		cdo_find(diff, rule, "'%s' refers to the local indirect function '%s'", from,
			 dst->name);
	return true;
}

void cdo_rule_unnamed(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	each_reference(diff, rule, visit_unnamed);
}

/* In a shared section, `.data + 16` may mean the end of one object or the begin of the next. */
static bool visit_data_sections(struct cdo_diff *diff, const struct cdo_rule *rule, u32 src,
				u32 rel)
{
	const struct cdo_side *side = &diff->patched;
	const struct cdo_target *target = &side->targets[rel];
	const struct lp_symbol *sym = &side->elf->symbols[side->elf->rels[rel].sym];

	if (target->kind != CDO_REF_ITEM || sym->type != STT_SECTION)
		return true;
	const struct cdo_item *dst = &side->items[target->idx];
	u32 n = side->first_item[dst->section + 1] - side->first_item[dst->section];

	if (n < 2 || dst->kind == CDO_FUNC || dst->kind == CDO_COLD)
		return true;
	cdo_find(diff, rule, "'%s' refers to section '%s', which several objects share",
		 side->items[src].name, side->elf->sections[dst->section].name);
	return false; /* it is the same for all of them */
}

void cdo_rule_data_sections(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	each_reference(diff, rule, visit_data_sections);
}

/* `static void *labels[] = { &&a, &&b };` in a function that changes: the running table leads
 * into the old code. (A const table is copied with the function.) */
void cdo_rule_label_table(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_side *side = &diff->patched;

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		if (item->kind != CDO_DATA || !item->is_writable)
			continue;
		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			const struct cdo_target *target = &side->targets[k];

			if (target->kind != CDO_REF_ITEM || target->place == 0 ||
			    side->items[target->idx].kind != CDO_FUNC ||
			    diff->verdict[target->idx] != CDO_CHANGED)
				continue;
			cdo_find(diff, rule, "'%s' holds labels of '%s', which has changed",
				 item->name, side->items[target->idx].name);
			break;
		}
	}
}

/*
 * The unwind record of a function with exception tables has a second relocation, to the table:
 *
 *   FDE + 8   PC32 begin | u32 size | u8 length of what follows | FDE + 17   PC32 table
 */
void cdo_rule_exception(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_side *side = &diff->patched;
	const struct lp_elf *elf = side->elf;
	const struct lp_section *sec = &elf->sections[lp_elf_section(elf, ".eh_frame")];
	const u64 distance = 9;

	for (u32 i = sec->rel_first; i + 1 < sec->rel_first + sec->n_rels; i++) {
		const struct cdo_target *begin = &side->targets[i];

		if (elf->rels[i + 1].off - elf->rels[i].off == distance &&
		    begin->kind == CDO_REF_ITEM && diff->selected[begin->idx])
			cdo_find(diff, rule, "'%s' has an exception table",
				 side->items[begin->idx].name);
	}
}

/* Two symbols of one name: a reference by name could mean either. One to a local tells its
 * position, too. */
void cdo_rule_duplicate(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_side *orig = &diff->orig, *side = &diff->patched;
	struct lp_map names = { 0 };
	bool *is_twice = lp_new_array(diff->arena, orig->n_items, bool);

	for (u32 i = 0; i < orig->n_items; i++) {
		u32 before = orig->items[i].sym
				     ? lp_map_set_str(diff->arena, &names, orig->items[i].name, i)
				     : LP_MAP_NONE;

		if (before != LP_MAP_NONE)
			is_twice[i] = is_twice[before] = true;
	}
	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		if (!diff->selected[i])
			continue;
		if (side->twin[i] != CDO_NONE && is_twice[side->twin[i]])
			cdo_find(diff, rule, "the original object has '%s' twice", item->name);
		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			const struct cdo_target *target = &side->targets[k];
			u32 twin =
				target->kind == CDO_REF_ITEM ? side->twin[target->idx] : CDO_NONE;

			if (twin != CDO_NONE && is_twice[twin] &&
			    side->items[target->idx].kind != CDO_CONTENT &&
			    !orig->position[orig->items[twin].sym])
				cdo_find(diff, rule,
					 "'%s' refers to '%s', which the original object has twice",
					 item->name, orig->items[twin].name);
		}
	}
}
