// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Gives every piece its place in the section of its area. Code stays in the order in which it
 * was reached, unlikely parts last; data is sorted by falling alignment, so that no byte is
 * lost between pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "extract-patch/patch.h"

struct order { /* sort key of a piece */
	u32 idx;
	bool is_cold;
	u64 align;
	bool is_text;
};

static int compare_order(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->is_text && x->is_cold != y->is_cold)
		return x->is_cold ? 1 : -1;
	if (!x->is_text && x->align != y->align)
		return x->align > y->align ? -1 : 1;
	return x->idx < y->idx ? -1 : 1;
}

static void place_area(struct ep_patch *patch, enum ep_area area, struct order *order)
{
	size_t n = 0;
	u64 size = 0, align = 1;

	for (u32 i = 0; i < patch->pieces.n; i++) {
		const struct ep_piece *piece = &patch->pieces.items[i];

		if (piece->area != area)
			continue;
		order[n].idx = i;
		order[n].is_text = area == EP_TEXT;
		order[n].is_cold = piece->name && ep_is_cold_part(piece->name);
		order[n++].align = piece->align;
	}
	if (n)
		qsort(order, n, sizeof(*order), compare_order);
	for (size_t i = 0; i < n; i++) {
		struct ep_piece *piece = &patch->pieces.items[order[i].idx];

		piece->out_off = lp_align(size, piece->align);
		size = piece->out_off + piece->size;
		if (piece->align > align)
			align = piece->align;
	}
	patch->area_size[area] = size;
	patch->area_align[area] = align;
}

void ep_layout(struct ep_patch *patch)
{
	struct order *order = lp_new_array(patch->arena, patch->pieces.n, struct order);

	for (int area = 0; area < EP_N_AREAS; area++)
		place_area(patch, (enum ep_area)area, order);
}
