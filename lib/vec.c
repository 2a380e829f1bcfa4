/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/vec.h"

#include <string.h>

void *lp_vec_grow(struct lp_arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 8;
	void *grown = lp_alloc_array(arena, want, size);

	if (n)
		memcpy(grown, items, n * size);
	*cap = want;
	return grown;
}
