/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs the items of both objects. Functions and file-scope objects are known by their
 * name. A static local is not: gcc calls it `count.0` or `count.7` as it comes. For those
 * the question is asked in steps, from certain to less certain:
 *
 *   1. only one of that base name on both sides           `stats.3` <-> `stats.4`
 *   2. walk the references of items already paired: two functions that are equal but for
 *      names use them in the same order; in two that differ, one that each has alone
 *   3. what the walk left over, if one on each side (then walk again)
 *   4. read-only ones by their contents
 *
 * For writable ones that stay open there is no guess: rules.c refuses.
 */
#include <assert.h>
#include <string.h>

#include "create-diff-object/diff.h"

struct group {		   /* items of one kind and base name */
	u32 orig, patched; /* first of each side, chained by next_in_name */
};

struct referrers { /* per item: which items refer to it, in one array */
	u32 *first;
	u32 *items;
};

struct correlator {
	struct cdo_diff *diff;
	struct lp_map names;
	LP_VEC(struct group) groups;
	u32 *group_of_orig, *group_of_patched; /* per item, or CDO_NONE */
	struct referrers orig_refs, patched_refs;
};

static void pair(struct cdo_diff *diff, u32 orig, u32 patched)
{
	diff->orig.twin[orig] = patched;
	diff->patched.twin[patched] = orig;
}

/* C identifiers have no dot: a name with one was made up by the compiler. */
static bool is_numbered(const struct cdo_item *item)
{
	return (item->kind == CDO_DATA || item->kind == CDO_TLS) && strchr(item->name, '.');
}

static bool is_paired_by_name(const struct cdo_item *item)
{
	return item->kind != CDO_CONTENT && item->kind != CDO_CTORS && item->kind != CDO_COLD;
}

static u32 group_named(struct correlator *c, const struct cdo_item *item)
{
	struct lp_arena *arena = c->diff->arena;
	char class = item->kind == CDO_FUNC ? 'f' : item->kind == CDO_ODD ? 's' : 'o';
	const char *key = is_numbered(item) ? lp_printf(arena, "n%s", item->base)
					    : lp_printf(arena, "%c%s", class, item->name);
	u32 idx = lp_map_get_str(&c->names, key);

	if (idx == LP_MAP_NONE) {
		idx = (u32)c->groups.n;
		lp_vec_push(arena, &c->groups, ((struct group){ CDO_NONE, CDO_NONE }));
		lp_map_set_str(arena, &c->names, key, idx);
	}
	return idx;
}

/* Chains the items of a side into their groups, in the order of the file. */
static u32 *make_groups(struct correlator *c, struct cdo_side *side, bool is_orig)
{
	u32 *group_of = lp_new_array(c->diff->arena, side->n_items, u32);

	for (u32 i = side->n_items; i-- > 0;) {
		group_of[i] = CDO_NONE;
		if (!is_paired_by_name(&side->items[i]))
			continue;
		u32 idx = group_named(c, &side->items[i]);
		assert(c->groups.items); /* whose name is known has a group */
		u32 *head = is_orig ? &c->groups.items[idx].orig : &c->groups.items[idx].patched;

		side->items[i].next_in_name = *head;
		*head = i;
		group_of[i] = idx;
	}
	return group_of;
}

/* The only item without a twin in the chain from FIRST, else CDO_NONE; counts them. */
static u32 only_open(const struct cdo_side *side, u32 first, u32 *ret_n)
{
	u32 found = CDO_NONE;

	*ret_n = 0;
	for (u32 i = first; i != CDO_NONE; i = side->items[i].next_in_name) {
		if (side->twin[i] != CDO_NONE)
			continue;
		found = i;
		(*ret_n)++;
	}
	return *ret_n == 1 ? found : CDO_NONE;
}

static struct referrers find_referrers(struct lp_arena *arena, const struct cdo_side *side)
{
	struct referrers refs = { lp_new_array(arena, side->n_items + 2, u32), NULL };
	u32 total = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (u32 i = 0; i < side->n_items; i++) {
			const struct cdo_item *item = &side->items[i];

			for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
				const struct cdo_target *target = &side->targets[k];

				if (target->kind != CDO_REF_ITEM ||
				    !is_numbered(&side->items[target->idx]))
					continue;
				if (pass == 0)
					refs.first[target->idx + 2]++;
				else
					refs.items[refs.first[target->idx + 1]++] = i;
			}
		}
		if (pass == 1)
			break;
		for (u32 i = 0; i < side->n_items + 2; i++) {
			total += refs.first[i];
			refs.first[i] = total;
		}
		refs.items = lp_new_array(arena, total, u32);
	}
	return refs;
}

static bool has_open_referrer(const struct cdo_side *side, const struct referrers *refs, u32 item)
{
	for (u32 i = refs->first[item]; i < refs->first[item + 1]; i++) {
		if (side->twin[refs->items[i]] == CDO_NONE)
			return true;
	}
	return false;
}

/*
 * A static local that is the only one of its name may still have changed hands: `count` of f()
 * is gone, and g() has got a `count` of its own. They are the same if one function (or its twin)
 * uses both, or if a function came or went, which is what splitting and inlining look like.
 */
static bool is_same_scope(const struct correlator *c, u32 orig, u32 patched)
{
	const struct referrers *o = &c->orig_refs, *p = &c->patched_refs;

	if (o->first[orig] == o->first[orig + 1] || p->first[patched] == p->first[patched + 1])
		return true;
	if (has_open_referrer(&c->diff->orig, o, orig) ||
	    has_open_referrer(&c->diff->patched, p, patched))
		return true;
	for (u32 i = o->first[orig]; i < o->first[orig + 1]; i++) {
		u32 twin = c->diff->orig.twin[o->items[i]];

		for (u32 k = p->first[patched]; k < p->first[patched + 1]; k++) {
			if (p->items[k] == twin)
				return true;
		}
	}
	return false;
}

/* Pairs what is alone in its group on both sides; NUMBERED: names that the compiler made up,
 * or the others. Returns whether it found any. */
static bool pair_unique(struct correlator *c, bool numbered)
{
	struct cdo_diff *diff = c->diff;
	bool progress = false;

	for (size_t i = 0; i < c->groups.n; i++) {
		const struct group *group = &c->groups.items[i];
		u32 n_orig, n_patched;
		u32 orig = only_open(&diff->orig, group->orig, &n_orig);
		u32 patched = only_open(&diff->patched, group->patched, &n_patched);

		if (orig == CDO_NONE || patched == CDO_NONE ||
		    is_numbered(&diff->orig.items[orig]) != numbered)
			continue;
		if (numbered && diff->orig.items[orig].is_writable &&
		    !is_same_scope(c, orig, patched))
			continue;
		pair(diff, orig, patched);
		progress = true;
	}
	return progress;
}

/* Names that a compiler did not number can occur twice only in merged objects (`ld -r`), and
 * nameless sections of one name in assembler code: taken in order, compared like all others. */
static void pair_in_order(struct correlator *c)
{
	struct cdo_diff *diff = c->diff;

	for (size_t i = 0; i < c->groups.n; i++) {
		u32 orig = c->groups.items[i].orig, patched = c->groups.items[i].patched;
		u32 n_orig, n_patched;

		only_open(&diff->orig, orig, &n_orig);
		only_open(&diff->patched, patched, &n_patched);
		if (n_orig != n_patched || !n_orig || is_numbered(&diff->orig.items[orig]))
			continue;
		for (; orig != CDO_NONE; orig = diff->orig.items[orig].next_in_name) {
			pair(diff, orig, patched);
			patched = diff->patched.items[patched].next_in_name;
		}
	}
}

static bool is_open(const struct cdo_side *side, const struct cdo_target *target)
{
	return target->kind == CDO_REF_ITEM && is_numbered(&side->items[target->idx]) &&
	       side->twin[target->idx] == CDO_NONE;
}

/* The one open item of GROUP that ITEM refers to; CDO_NONE if there are none or several. */
static u32 only_target(const struct cdo_side *side, const struct cdo_item *item,
		       const u32 *group_of, u32 group)
{
	u32 found = CDO_NONE;

	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		const struct cdo_target *target = &side->targets[i];

		if (!is_open(side, target) || group_of[target->idx] != group ||
		    target->idx == found)
			continue;
		if (found != CDO_NONE)
			return CDO_NONE;
		found = target->idx;
	}
	return found;
}

static bool is_content(const struct cdo_side *side, const struct cdo_target *target)
{
	return target->kind == CDO_REF_ITEM && side->twin[target->idx] == CDO_NONE &&
	       side->items[target->idx].kind == CDO_CONTENT && side->items[target->idx].n_rels != 0;
}

/* Contents of two equal items are walked in turn: they may lead to statics. */
static bool pair_contents(struct cdo_diff *diff, const struct cdo_item *a, const struct cdo_item *b)
{
	bool progress = false;

	for (u32 i = 0; i < a->n_rels; i++) {
		const struct cdo_target *s = &diff->orig.targets[a->rel_first + i];
		const struct cdo_target *t = &diff->patched.targets[b->rel_first + i];

		if (!is_content(&diff->orig, s) || !is_content(&diff->patched, t))
			continue;
		pair(diff, s->idx, t->idx);
		progress = true;
	}
	return progress;
}

/* Pairs open items that the twins ORIG and PATCHED refer to. */
static bool walk(struct correlator *c, u32 orig, u32 patched)
{
	struct cdo_diff *diff = c->diff;
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];
	bool has_open = false, progress = false;

	for (u32 i = a->rel_first; i < a->rel_first + a->n_rels && !has_open; i++)
		has_open = is_open(&diff->orig, &diff->orig.targets[i]) ||
			   is_content(&diff->orig, &diff->orig.targets[i]);
	if (!has_open)
		return false;
	bool is_equal = !cdo_compare(diff, orig, patched, CDO_BY_NAME).what;

	if (is_equal)
		progress = pair_contents(diff, a, b);

	for (u32 i = 0; i < a->n_rels; i++) {
		const struct cdo_target *s = &diff->orig.targets[a->rel_first + i];

		if (!is_open(&diff->orig, s))
			continue;
		u32 group = c->group_of_orig[s->idx], other;

		if (is_equal) {
			const struct cdo_target *t = &diff->patched.targets[b->rel_first + i];

			other = is_open(&diff->patched, t) ? t->idx : CDO_NONE;
		} else {
			u32 mine = only_target(&diff->orig, a, c->group_of_orig, group);

			other = mine == CDO_NONE ? CDO_NONE
						 : only_target(&diff->patched, b,
							       c->group_of_patched, group);
		}
		if (other == CDO_NONE || c->group_of_patched[other] != group)
			continue;
		pair(diff, s->idx, other);
		progress = true;
	}
	return progress;
}

static bool walk_all(struct correlator *c)
{
	bool progress = false;

	for (u32 i = 0; i < c->diff->orig.n_items; i++) {
		if (c->diff->orig.twin[i] != CDO_NONE)
			progress |= walk(c, i, c->diff->orig.twin[i]);
	}
	return progress;
}

/* Read-only items keep no state: an equal one is as good. */
static void pair_by_content(struct correlator *c, const struct group *group)
{
	struct cdo_diff *diff = c->diff;

	for (u32 i = group->orig; i != CDO_NONE; i = diff->orig.items[i].next_in_name) {
		if (diff->orig.twin[i] != CDO_NONE || diff->orig.items[i].is_writable)
			continue;
		for (u32 k = group->patched; k != CDO_NONE;
		     k = diff->patched.items[k].next_in_name) {
			if (diff->patched.twin[k] != CDO_NONE ||
			    diff->patched.items[k].is_writable ||
			    cdo_compare(diff, i, k, CDO_BY_TWIN).what)
				continue;
			pair(diff, i, k);
			break;
		}
	}
}

static bool is_referred(const struct referrers *refs, u32 item)
{
	return refs->first[item] != refs->first[item + 1];
}

/* Writable items of one name are left on both sides: which is which? */
static void note_ambiguity(struct correlator *c, const struct group *group)
{
	struct cdo_diff *diff = c->diff;
	u32 orig = group->orig, patched = group->patched;

	while (orig != CDO_NONE &&
	       (diff->orig.twin[orig] != CDO_NONE || !diff->orig.items[orig].is_writable))
		orig = diff->orig.items[orig].next_in_name;
	while (patched != CDO_NONE && (diff->patched.twin[patched] != CDO_NONE ||
				       !diff->patched.items[patched].is_writable ||
				       !is_referred(&c->patched_refs, patched)))
		patched = diff->patched.items[patched].next_in_name;
	if (orig != CDO_NONE && patched != CDO_NONE && is_numbered(&diff->orig.items[orig]))
		lp_vec_push(diff->arena, &diff->ambiguities,
			    ((struct cdo_ambiguity){ orig, patched }));
}

static void pair_cold_parts(struct cdo_diff *diff)
{
	for (u32 i = 0; i < diff->orig.n_items; i++) {
		u32 twin = diff->orig.twin[i];

		if (twin == CDO_NONE || diff->orig.items[i].cold == CDO_NONE ||
		    diff->patched.items[twin].cold == CDO_NONE)
			continue;
		pair(diff, diff->orig.items[i].cold, diff->patched.items[twin].cold);
	}
}

void cdo_correlate(struct cdo_diff *diff)
{
	struct correlator c = { .diff = diff };

	c.group_of_orig = make_groups(&c, &diff->orig, true);
	c.group_of_patched = make_groups(&c, &diff->patched, false);
	pair_unique(&c, false);
	pair_in_order(&c);
	pair_cold_parts(diff);
	c.orig_refs = find_referrers(diff->arena, &diff->orig);
	c.patched_refs = find_referrers(diff->arena, &diff->patched);
	do {
		pair_unique(&c, true);
	} while (walk_all(&c));
	for (size_t i = 0; i < c.groups.n; i++) {
		pair_by_content(&c, &c.groups.items[i]);
		note_ambiguity(&c, &c.groups.items[i]);
	}
}
