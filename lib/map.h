/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash map from a byte string to a u32 (an index into somebody's array).
 * Keys are borrowed: they must live as long as the map. Insertion order of equal
 * hashes does not matter to any caller; a caller that prints iterates its own array.
 */
#ifndef LP_MAP_H
#define LP_MAP_H

#include "lib/arena.h"

#define LP_MAP_NONE UINT32_MAX

struct lp_map {
	struct lp_map_slot *slots; /* n_slots of them, a power of two; NULL when empty */
	size_t n_slots;
	size_t n; /* keys held */
};

/* Value of KEY, or LP_MAP_NONE. */
u32 lp_map_get(const struct lp_map *map, const void *key, size_t len);
/* Sets KEY to VALUE (not LP_MAP_NONE); returns the value that it had, or LP_MAP_NONE. */
u32 lp_map_set(struct lp_arena *arena, struct lp_map *map, const void *key, size_t len, u32 value);

/* The same with NUL-terminated keys. */
u32 lp_map_get_str(const struct lp_map *map, const char *key);
u32 lp_map_set_str(struct lp_arena *arena, struct lp_map *map, const char *key, u32 value);

/* 64-bit FNV-1a, for callers that combine hashes; SEED 0 starts a new one. */
u64 lp_hash(u64 seed, const void *data, size_t len);

#endif
