/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/lines.h"

#include <string.h>

#include "lib/map.h"

/* Inserted plus deleted lines; the search takes the square of it in memory (32 MiB). */
#define MAX_EDITS 2000

struct lp_lines lp_lines_split(struct lp_arena *arena, const char *text, size_t len)
{
	struct lp_lines lines = { .text = text };
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	if (len && text[len - 1] != '\n')
		n++;
	size_t *start = lp_new_array(arena, n + 1, size_t);

	for (size_t i = 1; i < n; i++) {
		const char *nl = memchr(text + start[i - 1], '\n', len - start[i - 1]);

		start[i] = (size_t)(nl - text) + 1;
	}
	start[n] = len;
	lines.start = start;
	lines.n = (u32)n;
	return lines;
}

/* The two texts as numbers: equal lines have equal numbers. */
struct search {
	struct lp_arena *arena;
	const u32 *old_ids, *new_ids;
	u32 first;	  /* lines at the start that are equal */
	s64 n_old, n_new; /* lines between the equal start and the equal end */
	u32 *match;
};

static u32 *number_lines(struct lp_arena *arena, struct lp_map *map, const struct lp_lines *lines)
{
	u32 *ids = lp_new_array(arena, lines->n, u32);

	for (u32 i = 0; i < lines->n; i++) {
		const char *text = lines->text + lines->start[i];
		size_t len = lines->start[i + 1] - lines->start[i];

		ids[i] = lp_map_get(map, text, len);
		if (ids[i] == LP_MAP_NONE) {
			ids[i] = (u32)map->n;
			lp_map_set(arena, map, text, len, ids[i]);
		}
	}
	return ids;
}

static bool same(const struct search *s, s64 old, s64 new_line)
{
	return s->old_ids[s->first + (u64)old] == s->new_ids[s->first + (u64)new_line];
}

/* Walks the recorded fronts back from the end and notes the lines that match.
 * fronts[d][k + d] is the furthest old line on diagonal k after d edits. */
static void walk_back(const struct search *s, s64 *const *fronts, s64 edits)
{
	s64 x = s->n_old, y = s->n_new;

	for (s64 d = edits; d >= 0; d--) {
		s64 k = x - y, from_x = 0, from_y = 0;

		if (d > 0) {
			const s64 *prev = fronts[d - 1] + (d - 1); /* prev[k] */
			bool down = k == -d || (k != d && prev[k - 1] < prev[k + 1]);
			s64 prev_k = down ? k + 1 : k - 1;

			from_x = prev[prev_k];
			from_y = from_x - prev_k;
		}
		while (x > from_x && y > from_y && same(s, x - 1, y - 1)) {
			x--;
			y--;
			s->match[s->first + (u64)y] = s->first + (u32)x;
		}
		x = from_x;
		y = from_y;
	}
}

/* Myers' greedy search: the fewest edits that turn the old lines into the new ones. */
static void search(const struct search *s)
{
	s64 total = s->n_old + s->n_new;
	s64 max = total < MAX_EDITS ? total : MAX_EDITS;
	s64 **fronts = lp_new_array(s->arena, (size_t)max + 1, s64 *);

	for (s64 d = 0; d <= max; d++) {
		s64 *front = lp_new_array(s->arena, (size_t)(2 * d + 1), s64);
		const s64 *prev = d ? fronts[d - 1] + (d - 1) : NULL;

		fronts[d] = front;
		for (s64 k = -d; k <= d; k += 2) {
			s64 x = 0;

			if (d) {
				bool down = k == -d || (k != d && prev[k - 1] < prev[k + 1]);

				x = down ? prev[k + 1] : prev[k - 1] + 1;
			}
			while (x < s->n_old && x - k >= 0 && x - k < s->n_new && same(s, x, x - k))
				x++;
			front[k + d] = x;
			if (x >= s->n_old && x - k >= s->n_new) {
				walk_back(s, fronts, d);
				return;
			}
		}
	}
}

u32 *lp_lines_match(struct lp_arena *arena, const struct lp_lines *old,
		    const struct lp_lines *new_lines)
{
	struct lp_map map = { 0 };
	struct search s = { .arena = arena };
	u32 shorter = old->n < new_lines->n ? old->n : new_lines->n, last = 0;

	s.old_ids = number_lines(arena, &map, old);
	s.new_ids = number_lines(arena, &map, new_lines);
	s.match = lp_new_array(arena, new_lines->n, u32);
	for (u32 i = 0; i < new_lines->n; i++)
		s.match[i] = LP_LINE_NONE;
	while (s.first < shorter && s.old_ids[s.first] == s.new_ids[s.first]) {
		s.match[s.first] = s.first;
		s.first++;
	}
	while (last < shorter - s.first &&
	       s.old_ids[old->n - 1 - last] == s.new_ids[new_lines->n - 1 - last]) {
		s.match[new_lines->n - 1 - last] = old->n - 1 - last;
		last++;
	}
	s.n_old = (s64)old->n - s.first - last;
	s.n_new = (s64)new_lines->n - s.first - last;
	search(&s);
	return s.match;
}
