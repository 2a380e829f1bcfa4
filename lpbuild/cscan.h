/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Just enough of a C lexer to say before which lines a directive may be put, and how a
 * file numbers its own lines. It compiles nothing and accepts any bytes.
 */
#ifndef LPBUILD_CSCAN_H
#define LPBUILD_CSCAN_H

#include "lpbuild/lines.h"

struct lp_cscan_line {
	bool takes_directive; /* not inside a comment, literal, continued line or parentheses */
	bool is_argument; /* begins inside parentheses, and with code: blank lines may be added */
	bool ends_blank;  /* its newline is no more than a blank */
	enum lp_cscan_cond {
		LP_COND_NONE,
		LP_COND_IF,   /* #if #ifdef #ifndef */
		LP_COND_ELSE, /* #else #elif ... */
		LP_COND_ENDIF,
	} cond;
	u32 set_line; /* the number that a #line directive here gives the next line, or 0 */
};

/* One entry for each line. */
struct lp_cscan_line *lp_cscan(struct lp_arena *arena, const struct lp_lines *lines);

#endif
