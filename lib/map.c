/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/map.h"

#include <string.h>

struct lp_map_slot {
	const void *key; /* NULL: free */
	size_t len;
	u64 hash;
	u32 value;
};

u64 lp_hash(u64 seed, const void *data, size_t len)
{
	const u8 *p = data;
	u64 h = seed ? seed : 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	return h;
}

/* The slot that holds KEY, or the free one where it belongs. */
static struct lp_map_slot *find(const struct lp_map *map, const void *key, size_t len, u64 hash)
{
	size_t mask = map->n_slots - 1;

	for (size_t i = (hash ^ hash >> 32) & mask;; i = (i + 1) & mask) {
		struct lp_map_slot *slot = &map->slots[i];

		if (!slot->key)
			return slot;
		if (slot->hash == hash && slot->len == len && !memcmp(slot->key, key, len))
			return slot;
	}
}

static void grow(struct lp_arena *arena, struct lp_map *map)
{
	struct lp_map old = *map;

	map->n_slots = old.n_slots ? old.n_slots * 2 : 64;
	map->slots = lp_new_array(arena, map->n_slots, struct lp_map_slot);
	for (size_t i = 0; i < old.n_slots; i++) {
		const struct lp_map_slot *slot = &old.slots[i];

		if (slot->key)
			*find(map, slot->key, slot->len, slot->hash) = *slot;
	}
}

u32 lp_map_get(const struct lp_map *map, const void *key, size_t len)
{
	if (!map->n)
		return LP_MAP_NONE;
	const struct lp_map_slot *slot = find(map, key, len, lp_hash(0, key, len));

	return slot->key ? slot->value : LP_MAP_NONE;
}

u32 lp_map_set(struct lp_arena *arena, struct lp_map *map, const void *key, size_t len, u32 value)
{
	if (map->n * 4 >= map->n_slots * 3)
		grow(arena, map);
	u64 hash = lp_hash(0, key, len);
	struct lp_map_slot *slot = find(map, key, len, hash);
	u32 before = slot->key ? slot->value : LP_MAP_NONE;

	if (!slot->key)
		map->n++;
	*slot = (struct lp_map_slot){ .key = key, .len = len, .hash = hash, .value = value };
	return before;
}

u32 lp_map_get_str(const struct lp_map *map, const char *key)
{
	return lp_map_get(map, key, strlen(key));
}

u32 lp_map_set_str(struct lp_arena *arena, struct lp_map *map, const char *key, u32 value)
{
	return lp_map_set(arena, map, key, strlen(key), value);
}
