/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/maps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "raxlpxs/find.h"

#define MAX_MAPS ((size_t)16 << 20)

struct lp_maps lp_maps_read(struct lp_arena *arena, pid_t pid)
{
	struct lp_maps maps = { 0 };
	struct lp_mapping m;
	char *line = lp_find_proc(arena, (u32)pid, "maps", MAX_MAPS, NULL);
	char perms[5];

	for (; line; line = strchr(line, '\n'), line += line != NULL) {
		if (sscanf(line, "%" SCNx64 "-%*x %4s %*x %x:%x %" SCNu64, &m.start, perms,
			   &m.major, &m.minor, &m.inode) != 5)
			continue;
		m.is_code = m.inode && perms[2] == 'x' && perms[3] == 'p';
		lp_vec_push(arena, &maps.items, m);
	}
	return maps;
}

static const struct lp_mapping *at(const struct lp_maps *maps, u64 start)
{
	for (size_t i = 0; i < maps->items.n; i++)
		if (maps->items.items[i].start == start)
			return &maps->items.items[i];
	return NULL;
}

bool lp_maps_has_code(const struct lp_maps *maps, u64 start)
{
	const struct lp_mapping *file = at(maps, start);

	for (size_t i = 0; file && i < maps->items.n; i++) {
		const struct lp_mapping *m = &maps->items.items[i];

		if (m->is_code && m->inode == file->inode && m->major == file->major &&
		    m->minor == file->minor)
			return true;
	}
	return false;
}
