/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of the command line tools: one arena per piece of work, nothing freed
 * by hand. Running out of memory ends the program with exit code 1 and one line
 * (docs/adr/0002): the tools write their outputs by rename, so nothing is left
 * half done. Sizes that come from a file are checked against the size of that
 * file before they get here. The runtime inside QEMU does not use this.
 */
#ifndef LP_ARENA_H
#define LP_ARENA_H

#include <stdarg.h>

#include "lib/types.h"

struct lp_arena {
	struct lp_arena_block *head; /* newest block; NULL in an empty arena */
};

/* Frees everything that came from the arena; it can be used again. */
void lp_arena_deinit(struct lp_arena *arena);

/* SIZE zeroed bytes, aligned for any type; never NULL, also for 0. */
void *lp_alloc(struct lp_arena *arena, size_t size) __attribute__((malloc, returns_nonnull));
/* N zeroed elements of SIZE bytes; an overflow counts as out of memory. */
void *lp_alloc_array(struct lp_arena *arena, size_t n, size_t size)
	__attribute__((malloc, returns_nonnull));
#define lp_new(arena, type)	     ((type *)lp_alloc((arena), sizeof(type)))
#define lp_new_array(arena, n, type) ((type *)lp_alloc_array((arena), (n), sizeof(type)))

char *lp_strdup(struct lp_arena *arena, const char *s);
char *lp_strndup(struct lp_arena *arena, const char *s, size_t n);
char *lp_printf(struct lp_arena *arena, const char *fmt, ...) LP_PRINTF(2, 3);
void *lp_memdup(struct lp_arena *arena, const void *data, size_t size);

#endif
