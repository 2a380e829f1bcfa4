/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Static variables of one name in one function that nothing beside them tells apart. Two
 * witnesses must agree: the order of the references (which the compiler changes when it moves
 * blocks) and the order of the numbers in the names (which tells nothing when a variable came
 * or went).
 */
#include <stdlib.h>
#include <string.h>

#include "create-diff-object/correlate.h"

#define MAX_REFS  4000
#define MAX_CELLS (1U << 20)

struct match_table { /* lengths of the longest common subsequences of the ends */
	const struct cdo_static_ref *a, *b;
	size_t n, m;
	u16 *cells;
};

static u16 *cell(const struct match_table *t, size_t i, size_t j)
{
	return &t->cells[i * (t->m + 1) + j];
}

static void fill_table(struct match_table *t)
{
	for (size_t i = t->n; i-- > 0;) {
		for (size_t j = t->m; j-- > 0;) {
			u16 down = *cell(t, i + 1, j), right = *cell(t, i, j + 1);

			*cell(t, i, j) = t->a[i].token == t->b[j].token
						 ? (u16)(*cell(t, i + 1, j + 1) + 1)
					 : down > right ? down
							: right;
		}
	}
}

static void vote_for_match(struct cdo_votes *votes, const struct cdo_static_ref *a,
			   const struct cdo_static_ref *b)
{
	if (a->open != CDO_NONE && b->open != CDO_NONE && a->group == b->group)
		cdo_vote(votes, a->open, b->open);
}

/* Lines up the references of both sides, as diff does with lines. */
static void match_by_order(struct cdo_correlator *c, const struct cdo_static_refs *orig,
			   const struct cdo_static_refs *patched, struct cdo_votes *votes)
{
	const struct cdo_static_ref *a = orig->list.items, *b = patched->list.items;
	size_t n = orig->list.n, m = patched->list.n;

	while (n && m && a->token == b->token) {
		vote_for_match(votes, a++, b++);
		n--;
		m--;
	}
	while (n && m && a[n - 1].token == b[m - 1].token)
		vote_for_match(votes, &a[--n], &b[--m]);
	if (n > MAX_REFS || m > MAX_REFS || (n + 1) * (m + 1) > MAX_CELLS)
		return;
	struct match_table t = { a, b, n, m, NULL };
	size_t i = 0, j = 0;

	t.cells = lp_new_array(c->diff->arena, (n + 1) * (m + 1), u16);
	fill_table(&t);
	while (i < n && j < m) {
		if (a[i].token == b[j].token)
			vote_for_match(votes, &a[i++], &b[j++]);
		else if (*cell(&t, i + 1, j) > *cell(&t, i, j + 1))
			i++;
		else
			j++;
	}
}

/* The number that the compiler gave; clang gives none to the first one. */
static unsigned long number_of(const struct cdo_item *item)
{
	const char *digits = item->name + strlen(item->base);

	return *digits ? strtoul(digits + 1, NULL, 10) : 0;
}

struct numbered {
	u32 group, item;
	unsigned long number;
};

struct numbered_list {
	LP_VEC(struct numbered) list;
};

static int compare_numbered(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* The open items of REFS, each once, by group and number. */
static void list_numbered(struct lp_arena *arena, const struct cdo_side *side,
			  const struct cdo_static_refs *refs, struct numbered_list *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < refs->list.n; i++) {
		const struct cdo_static_ref *ref = &refs->list.items[i];

		if (ref->open != CDO_NONE)
			lp_vec_push(arena, &ret->list,
				    ((struct numbered){ ref->group, ref->open,
							number_of(&side->items[ref->open]) }));
	}
	if (ret->list.n)
		qsort(ret->list.items, ret->list.n, sizeof(*ret->list.items), compare_numbered);
	for (size_t i = 0; i < ret->list.n; i++) {
		if (!n || ret->list.items[n - 1].item != ret->list.items[i].item)
			ret->list.items[n++] = ret->list.items[i];
	}
	ret->list.n = n;
}

static size_t end_of_group(const struct numbered_list *list, size_t i)
{
	u32 group = i < list->list.n ? list->list.items[i].group : CDO_NONE;

	while (i < list->list.n && list->list.items[i].group == group)
		i++;
	return i;
}

/* Takes back the votes for groups of which the numbers tell something else. */
static void check_numbers(struct cdo_votes *votes, const struct numbered_list *orig,
			  const struct numbered_list *patched)
{
	size_t j = 0;

	for (size_t i = 0, end; i < orig->list.n; i = end) {
		u32 group = orig->list.items[i].group;
		bool agrees;

		end = end_of_group(orig, i);
		while (j < patched->list.n && patched->list.items[j].group < group)
			j++;
		size_t other_end = end_of_group(patched, j);

		agrees = j < patched->list.n && patched->list.items[j].group == group &&
			 other_end - j == end - i;
		for (size_t k = 0; agrees && k < end - i; k++)
			agrees = votes->orig[orig->list.items[i + k].item] ==
				 patched->list.items[j + k].item;
		for (size_t k = i; !agrees && k < end; k++)
			votes->orig[orig->list.items[k].item] = CDO_CONFLICT;
	}
}

void cdo_match_by_position(struct cdo_correlator *c, const struct cdo_static_refs *orig,
			   const struct cdo_static_refs *patched, struct cdo_votes *votes)
{
	struct numbered_list a = { 0 }, b = { 0 };

	match_by_order(c, orig, patched, votes);
	list_numbered(c->diff->arena, &c->diff->orig, orig, &a);
	list_numbered(c->diff->arena, &c->diff->patched, patched, &b);
	check_numbers(votes, &a, &b);
}
