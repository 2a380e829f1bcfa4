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

/* A stretch of both texts in which lines are matched. */
struct search {
	struct lp_arena *arena;
	const u32 *old_ids, *new_ids; /* the texts as numbers: equal lines, equal numbers */
	u32 old_first, new_first;     /* where the stretch begins */
	s64 n_old, n_new;	      /* its lines */
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
	return s->old_ids[s->old_first + (u64)old] == s->new_ids[s->new_first + (u64)new_line];
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
			s->match[s->new_first + (u64)y] = s->old_first + (u32)x;
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

/* Matches the equal lines at both ends of the stretch, and searches what is left. The end goes
 * first: a comment belongs to what follows it, and lines that only go on with what is before
 * them are numbered right whether they are matched or not. */
static void match_stretch(struct search s)
{
	while (s.n_old && s.n_new && same(&s, s.n_old - 1, s.n_new - 1)) {
		s.n_old--;
		s.n_new--;
		s.match[s.new_first + (u64)s.n_new] = s.old_first + (u32)s.n_old;
	}
	while (s.n_old && s.n_new && same(&s, 0, 0)) {
		s.match[s.new_first++] = s.old_first++;
		s.n_old--;
		s.n_new--;
	}
	search(&s);
}

struct anchor { /* a line that is there once in each text */
	u32 old, new_line;
	u32 before; /* index of the anchor before it in the longest increasing sequence, or NONE */
};

struct anchors {
	struct anchor *items;
	u32 n;
};

/* Where each number occurs in IDS: its line, or LP_LINE_NONE when it does so never or twice. */
static u32 *lines_of(struct lp_arena *arena, const u32 *ids, u32 n, u32 n_ids)
{
	u32 *line = lp_new_array(arena, n_ids, u32);
	u8 *count = lp_new_array(arena, n_ids, u8);

	for (u32 i = 0; i < n; i++) {
		line[ids[i]] = i;
		if (count[ids[i]] < 2)
			count[ids[i]]++;
	}
	for (u32 id = 0; id < n_ids; id++)
		if (count[id] != 1)
			line[id] = LP_LINE_NONE;
	return line;
}

/*
 * The longest sequence of unique lines that has the same order in both texts. They are matched
 * before all others: when a patch replaces one function by two that look like its neighbour,
 * the fewest edits would take the braces of one for those of the other.
 */
static struct anchors find_anchors(struct lp_arena *arena, const u32 *old_ids, u32 n_old,
				   const u32 *new_ids, u32 n_new, u32 n_ids)
{
	const u32 *old_line = lines_of(arena, old_ids, n_old, n_ids);
	const u32 *new_line = lines_of(arena, new_ids, n_new, n_ids);
	struct anchor *all = lp_new_array(arena, n_new, struct anchor);
	u32 *ends = lp_new_array(arena, n_new, u32); /* best last anchor of each length */
	u32 n_all = 0, length = 0;

	for (u32 i = 0; i < n_new; i++) {
		u32 old = old_line[new_ids[i]], low = 0, high = length;

		if (new_line[new_ids[i]] == LP_LINE_NONE || old == LP_LINE_NONE)
			continue;
		while (low < high) {
			u32 mid = low + (high - low) / 2;

			if (all[ends[mid]].old < old)
				low = mid + 1;
			else
				high = mid;
		}
		all[n_all] = (struct anchor){ old, i, low ? ends[low - 1] : LP_LINE_NONE };
		ends[low] = n_all++;
		length += low == length;
	}
	struct anchors ret = { lp_new_array(arena, length, struct anchor), length };

	for (u32 at = length ? ends[length - 1] : 0, i = length; i--; at = all[at].before)
		ret.items[i] = all[at];
	return ret;
}

u32 *lp_lines_match(struct lp_arena *arena, const struct lp_lines *old,
		    const struct lp_lines *new_lines)
{
	struct lp_map map = { 0 };
	struct search s = { .arena = arena };

	s.old_ids = number_lines(arena, &map, old);
	s.new_ids = number_lines(arena, &map, new_lines);
	s.match = lp_new_array(arena, new_lines->n, u32);
	for (u32 i = 0; i < new_lines->n; i++)
		s.match[i] = LP_LINE_NONE;
	struct anchors anchors =
		find_anchors(arena, s.old_ids, old->n, s.new_ids, new_lines->n, (u32)map.n);

	for (u32 i = 0; i <= anchors.n; i++) {
		bool at_end = i == anchors.n;
		u32 old_end = at_end ? old->n : anchors.items[i].old;
		u32 new_end = at_end ? new_lines->n : anchors.items[i].new_line;

		s.n_old = (s64)old_end - s.old_first;
		s.n_new = (s64)new_end - s.new_first;
		match_stretch(s);
		if (!at_end)
			s.match[new_end] = old_end;
		s.old_first = old_end + 1;
		s.new_first = new_end + 1;
	}
	return s.match;
}
