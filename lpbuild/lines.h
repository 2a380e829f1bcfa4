/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts as lines, and which line of one text is which line of another. */
#ifndef LPBUILD_LINES_H
#define LPBUILD_LINES_H

#include "lib/arena.h"

#define LP_LINE_NONE UINT32_MAX

struct lp_lines {
	const char *text;
	const size_t
		*start; /* n + 1 of them: line i is [start[i], start[i + 1]), newline included */
	u32 n;
};

struct lp_lines lp_lines_split(struct lp_arena *arena, const char *text, size_t len);

/*
 * For each line of NEW the line of OLD that it was, or LP_LINE_NONE: increasing, equal byte
 * for byte. Lines that both texts have exactly once come first, the others between them with as
 * few left over as possible (Myers); of more than some thousand none are matched.
 */
u32 *lp_lines_match(struct lp_arena *arena, const struct lp_lines *old,
		    const struct lp_lines *new_lines);

#endif
