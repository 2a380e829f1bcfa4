/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* First-fit allocation of whole pages in an area; the map is small enough to be walked. */
#include <string.h>

#include "runtime/area.h"
#include "runtime/mem.h"

bool sb_area_take(struct sb_area *area, size_t bytes, struct sb_span *ret)
{
	size_t run = 0;
	size_t n;

	*ret = (struct sb_span){ .used = bytes };
	if (!bytes)
		return true;
	if (bytes > area->n_pages * SB_PAGE)
		return false;
	n = sb_align(bytes, SB_PAGE) / SB_PAGE;
	for (size_t i = 0; i < area->n_pages; i++) {
		run = area->taken[i] ? 0 : run + 1;
		if (run < n)
			continue;
		ret->first = i + 1 - n;
		ret->n = n;
		memset(area->taken + ret->first, 1, n);
		return true;
	}
	return false;
}

void sb_area_give(struct sb_area *area, struct sb_span *span)
{
	memset(area->taken + span->first, 0, span->n);
	*span = (struct sb_span){ 0 };
}

struct sb_usage sb_area_usage(const struct sb_area *area)
{
	struct sb_usage usage = { .total = area->n_pages * SB_PAGE };
	size_t run = 0;

	for (size_t i = 0; i < area->n_pages; i++) {
		run = area->taken[i] ? 0 : run + SB_PAGE;
		if (run)
			usage.free += SB_PAGE;
		if (run > usage.largest)
			usage.largest = run;
	}
	return usage;
}

const char *sb_area_name(enum sb_area_id id)
{
	static const char *const names[SB_N_AREAS] = { "text", "rodata", "data" };

	return names[id];
}
