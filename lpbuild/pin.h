/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Line pinning: #line directives put into a patched source file so that every line that the
 * patch left alone keeps its old __LINE__. assert() and error_setg() bake that number into
 * code: without this one added line would change every function below it.
 */
#ifndef LPBUILD_PIN_H
#define LPBUILD_PIN_H

#include "lib/arena.h"

/* True for C sources and headers (.c .h .c.inc .h.inc): the files that are pinned. */
bool lp_pin_applies(const char *path);

/*
 * PATCHED with "#line N" before the first line behind each change, N being that line's number
 * in ORIGINAL. Where a directive can't be (inside a comment, a macro body) it comes as soon as it
 * can; among the arguments of a call, new lines are joined or empty ones added instead.
 * Returns the text; *RET_N is how often it was edited.
 */
char *lp_pin_lines(struct lp_arena *arena, const char *original, size_t original_len,
		   const char *patched, size_t patched_len, size_t *ret_len, u32 *ret_n);

#endif
