/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which source line the code of a relocatable object was made from, by its line table
 * (.debug_line, DWARF 4 and 5). Plain data, so that two objects can be compared.
 */
#ifndef LP_DWARF_LINES_H
#define LP_DWARF_LINES_H

#include "lib/elf.h"

struct lp_line { /* a row: holds from its offset to that of the next one */
	u64 off; /* in its section */
	/* As the compiler was given it: relative to the folder in which it ran, unless that was
	 * absolute. Equal names of one table are one pointer. NULL behind the end of the code. */
	const char *file;
	u32 line; /* 0: code of no line */
	u32 column;
	bool is_stmt;
};

struct lp_lines;

/* The line table of ELF, a relocatable object; *RET is NULL when it has none. */
struct lp_err *lp_lines_load(struct lp_arena *arena, const struct lp_elf *elf,
			     const struct lp_lines **ret) LP_MUST_CHECK;
/* The row that holds at OFF of SECTION (of several at one place the last one, as in a debugger),
 * or NULL when the table says nothing about it. LINES may be NULL. */
const struct lp_line *lp_line_at(const struct lp_lines *lines, u32 section, u64 off);
/* All rows of SECTION by offset, several at one place in the order of the table. */
const struct lp_line *lp_lines_of(const struct lp_lines *lines, u32 section, u32 *ret_n);

#endif
