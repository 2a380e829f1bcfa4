// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts old and new instructions side by side: of all ways to do that in order, the one with most
 * equal pairs; two with the same mnemonic are better than none (the compiler has only chosen
 * another register). Equal begins and ends are taken off first, which leaves little for most fixes.
 */
#include <string.h>

#include "review/model.h"

#define MAX_CELLS   ((u64)1 << 24) /* of the table for one function */
#define SCORE_EQUAL 5
#define SCORE_KIND  2

struct span { /* of both lists: what is left to align */
	struct rv_insn *a, *b;
	u32 n, k;
	u32 first_a, first_b;
};

static u32 number_of(struct rv_maker *m, struct lp_map *map, const char *word, size_t len)
{
	u32 id = lp_map_get(map, word, len);

	if (id == LP_MAP_NONE) {
		id = (u32)map->n;
		lp_map_set(m->arena, map, word, len, id);
	}
	return id;
}

static void number(struct rv_maker *m, struct lp_map *keys, struct lp_map *kinds,
		   struct rv_code *code)
{
	for (size_t i = 0; i < code->n; i++) {
		struct rv_insn *insn = &code->items[i];

		insn->id = number_of(m, keys, insn->key, strlen(insn->key));
		insn->kind = number_of(m, kinds, insn->key, strcspn(insn->key, " "));
	}
}

static void pair(struct span *s, u32 i, u32 j)
{
	s->a[i].twin = s->first_b + j;
	s->b[j].twin = s->first_a + i;
}

static u32 score(const struct rv_insn *a, const struct rv_insn *b)
{
	return a->id == b->id ? SCORE_EQUAL : a->kind == b->kind ? SCORE_KIND : 0;
}

/* Best score of the rest, for each begin of it; the pairs are read off forwards. */
static void align_middle(struct rv_maker *m, struct span *s)
{
	u32 width = s->k + 1;
	u32 *best = lp_new_array(m->arena, (size_t)(s->n + 1) * width, u32);

	for (u32 i = s->n; i-- > 0;) {
		for (u32 j = s->k; j-- > 0;) {
			u32 both = score(&s->a[i], &s->b[j]);
			u32 down = best[(i + 1) * width + j], right = best[i * width + j + 1];
			u32 max = down > right ? down : right;

			if (both && both + best[(i + 1) * width + j + 1] > max)
				max = both + best[(i + 1) * width + j + 1];
			best[i * width + j] = max;
		}
	}
	for (u32 i = 0, j = 0; i < s->n && j < s->k;) {
		u32 here = best[i * width + j], both = score(&s->a[i], &s->b[j]);

		if (both && here == both + best[(i + 1) * width + j + 1])
			pair(s, i++, j++);
		else if (here == best[(i + 1) * width + j])
			i++;
		else
			j++;
	}
}

void rv_align(struct rv_maker *m, struct rv_code *old, struct rv_code *new)
{
	struct span s = { old->items, new->items, (u32)old->n, (u32) new->n, 0, 0 };
	struct lp_map keys = { 0 }, kinds = { 0 };
	u64 cells;

	number(m, &keys, &kinds, old);
	number(m, &keys, &kinds, new);
	while (s.n && s.k && s.a[0].id == s.b[0].id) {
		pair(&s, 0, 0);
		s.a++, s.b++, s.n--, s.k--, s.first_a++, s.first_b++;
	}
	while (s.n && s.k && s.a[s.n - 1].id == s.b[s.k - 1].id) {
		s.n--, s.k--;
		pair(&s, s.n, s.k);
	}
	cells = (u64)(s.n + 1) * (s.k + 1);
	if (cells <= MAX_CELLS && cells <= m->cells_left) {
		m->cells_left -= cells;
		align_middle(m, &s);
	}
}
