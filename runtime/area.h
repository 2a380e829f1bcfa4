/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The three areas that are reserved when the program is linked, so that a 5-byte jump always
 * reaches them, and the allocator that gives whole pages of them to patches:
 *
 *	text	in .text, filled with 0xc3 (ret)	r-x
 *	rodata	in .bss					r--
 *	data	in .bss					rw-
 *
 * A patch gets one span of each; two patches never share a page.
 */
#ifndef SANDBOX_AREA_H
#define SANDBOX_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SB_TEXT_FILL 0xc3 /* what free text is filled with: ret */

enum sb_area_id { SB_TEXT, SB_RODATA, SB_DATA, SB_N_AREAS };

struct sb_area {
	uint8_t *base;	/* page aligned */
	uint8_t *taken; /* one byte a page: 1 when it belongs to a patch */
	size_t n_pages;
};

struct sb_span {
	size_t first, n; /* pages; n is 0 for an empty span */
	size_t used;	 /* bytes in use, from the start of the first page */
};

struct sb_usage {
	size_t total, free, largest; /* bytes; largest is the longest free run */
};

/* Finds the reserved areas of this program. */
void sb_areas_init(struct sb_area areas[SB_N_AREAS]);
/* First fit. BYTES 0 gives an empty span. False when no run is long enough. */
bool sb_area_take(struct sb_area *area, size_t bytes, struct sb_span *ret);
void sb_area_give(struct sb_area *area, struct sb_span *span);
struct sb_usage sb_area_usage(const struct sb_area *area);
const char *sb_area_name(enum sb_area_id id);

static inline uint64_t sb_span_addr(const struct sb_area *area, const struct sb_span *span)
{
	return (uint64_t)(uintptr_t)area->base + span->first * 4096;
}

#endif
