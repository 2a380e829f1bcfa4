/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data that differs, but may stay in the running program as it is, because a person says so
 * (--allow-data). QEMU's hw_usb_trace_events[] lists all events of a folder: a fix that brings an
 * event makes it longer, and nobody but the code that is there walks it. Code of the fix would
 * meet the old contents and the old size: then it is refused all the same.
 */
#include <fnmatch.h>

#include "create-diff-object/author.h"

static bool is_allowed(const struct cdo_diff *diff, const struct cdo_item *item)
{
	const struct lp_strs *patterns = &diff->options->allow_data;

	for (size_t i = 0; i < patterns->n; i++) {
		if (!fnmatch(patterns->items[i], item->base, 0))
			return true;
	}
	return false;
}

/* True if something that the running program does not have refers to the item. */
static bool is_used_by_new(const struct cdo_diff *diff, u32 idx)
{
	const struct cdo_side *side = &diff->patched;

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		if (i == idx || (diff->verdict[i] == CDO_SAME && side->twin[i] != CDO_NONE))
			continue;
		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			if (side->targets[k].kind == CDO_REF_ITEM && side->targets[k].idx == idx)
				return true;
		}
	}
	return false;
}

void cdo_keep_data(struct cdo_diff *diff)
{
	for (u32 i = 0; diff->options->allow_data.n && i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		const struct cdo_allowed entry = { "data-changed", item->name };

		if (item->kind != CDO_DATA || diff->verdict[i] != CDO_CHANGED ||
		    !item->is_known_use || diff->is_table[i] || !is_allowed(diff, item) ||
		    is_used_by_new(diff, i))
			continue;
		cdo_set_verdict(diff, i, CDO_SAME);
		lp_vec_push(diff->arena, &diff->allowed, entry);
	}
}
