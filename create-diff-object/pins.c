/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pointers to new functions that something keeps: a timer, a callback, a table of operations.
 * Once such a pointer is stored, the running program may follow it when the patch is long
 * removed; that is why these are told. A call leaves nothing behind.
 */
#include <string.h>

#include "create-diff-object/text.h"

static bool is_new_function(const struct cdo_diff *diff, const struct cdo_target *target)
{
	return target->kind == CDO_REF_ITEM && target->place == 0 &&
	       diff->patched.items[target->idx].kind == CDO_FUNC &&
	       diff->verdict[target->idx] == CDO_NEW;
}

/* Is it the address that relocation REL of ITEM is after? */
static bool takes_address(const struct cdo_side *side, u32 item, u32 rel)
{
	const struct lp_reloc *r = &side->elf->rels[rel];

	if (!(side->elf->sections[r->section].flags & SHF_EXECINSTR))
		return r->type == R_X86_64_64; /* a PC32 is an entry of a jump table */
	struct cdo_insn insn = cdo_insn_around(side, item, r->off - side->items[item].off);

	/* Calls and jumps, direct or through the GOT, use it and forget it. */
	return !insn.raw.is_branch && insn.raw.flow == LP_FLOW_ON;
}

static void add(const struct cdo_diff *diff, u32 function, u32 holder, struct lp_info *ret)
{
	const struct cdo_item *items = diff->patched.items;
	struct lp_info_pin pin = { .name = cdo_printable(diff->arena, items[function].name) };

	if (items[holder].kind == CDO_COLD)
		holder = items[holder].parent;
	pin.holder = cdo_printable(diff->arena, items[holder].name);
	for (size_t i = 0; i < ret->pins.n; i++) {
		if (!strcmp(ret->pins.items[i].name, pin.name) &&
		    !strcmp(ret->pins.items[i].holder, pin.holder))
			return;
	}
	lp_vec_push(diff->arena, &ret->pins, pin);
}

void cdo_find_pins(const struct cdo_diff *diff, struct lp_info *ret)
{
	const struct cdo_side *side = &diff->patched;

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		struct cdo_insn own = { 0 };

		if (!diff->selected[i] || item->kind == CDO_AUTHOR)
			continue; /* hooks are the runtime's business */
		if (item->kind == CDO_FUNC && diff->verdict[i] == CDO_NEW &&
		    cdo_find_own_address(side, i, &own))
			add(diff, i, i, ret);
		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			if (is_new_function(diff, &side->targets[k]) && takes_address(side, i, k))
				add(diff, side->targets[k].idx, i, ret);
		}
	}
}
