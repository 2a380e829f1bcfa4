/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing arrays on an arena. LP_VEC(type) is an anonymous struct with `items`
 * and `n`; old storage stays in the arena when it grows, so pointers into a
 * vector are valid but stale after a push: keep indices, not pointers.
 */
#ifndef LP_VEC_H
#define LP_VEC_H

#include "lib/arena.h"

#define LP_VEC(type)                                                                               \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t n;   /* elements in use */                                                  \
		size_t cap; /* elements allocated */                                               \
	}

/* Makes room for one more element of SIZE bytes and returns the new storage. */
void *lp_vec_grow(struct lp_arena *arena, void *items, size_t n, size_t *cap, size_t size);

/* Appends one element. */
#define lp_vec_push(arena, vec, item)                                                              \
	do {                                                                                       \
		if ((vec)->n == (vec)->cap)                                                        \
			(vec)->items = lp_vec_grow((arena), (vec)->items, (vec)->n, &(vec)->cap,   \
						   sizeof(*(vec)->items));                         \
		(vec)->items[(vec)->n++] = (item);                                                 \
	} while (0)

struct lp_strs { /* a list of strings, the most used vector */
	const char **items;
	size_t n;
	size_t cap;
};

#endif
