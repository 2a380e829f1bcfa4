/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects whose names the compiler numbered (`count.3`, mostly static variables of functions)
 * are known by who refers to them: this follows the references of items that are paired.
 */
#include <assert.h>
#include <string.h>

#include "create-diff-object/correlate.h"

struct cdo_referrers cdo_find_referrers(struct lp_arena *arena, const struct cdo_side *side)
{
	struct cdo_referrers refs = { lp_new_array(arena, side->n_items + 2, u32), NULL };
	u32 total = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (u32 i = 0; i < side->n_items; i++) {
			const struct cdo_item *item = &side->items[i];

			for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
				const struct cdo_target *target = &side->targets[k];

				if (target->kind != CDO_REF_ITEM ||
				    !cdo_is_numbered(&side->items[target->idx]))
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

static bool has_open_referrer(const struct cdo_side *side, const struct cdo_referrers *refs,
			      u32 item)
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
static bool is_same_scope(const struct cdo_correlator *c, u32 orig, u32 patched)
{
	const struct cdo_referrers *o = &c->orig_refs, *p = &c->patched_refs;

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

static u32 next_open(const struct cdo_side *side, u32 idx)
{
	while (idx != CDO_NONE && side->twin[idx] != CDO_NONE)
		idx = side->items[idx].next_in_name;
	return idx;
}

/* The only item without a twin in the chain from FIRST, else CDO_NONE. */
static u32 only_open(const struct cdo_side *side, u32 first)
{
	u32 found = next_open(side, first);

	if (found == CDO_NONE || next_open(side, side->items[found].next_in_name) != CDO_NONE)
		return CDO_NONE;
	return found;
}

/* Sees whether ITEM refers to one or several of GROUP. */
static void count_targets(const struct cdo_side *side, u32 item, const u32 *group_of, u32 group,
			  u32 *found, bool *ret_is_one)
{
	const struct cdo_item *from = &side->items[item];

	for (u32 i = from->rel_first; i < from->rel_first + from->n_rels; i++) {
		const struct cdo_target *target = &side->targets[i];

		if (target->kind != CDO_REF_ITEM || group_of[target->idx] != group ||
		    target->idx == *found)
			continue;
		*ret_is_one = *found == CDO_NONE;
		*found = target->idx;
		if (!*ret_is_one)
			return;
	}
}

/* The one item of GROUP that ITEM, with the other part of the function, refers to; CDO_NONE if
 * there are none or several. */
static u32 only_target(const struct cdo_side *side, u32 item, const u32 *group_of, u32 group)
{
	u32 whole = side->items[item].kind == CDO_COLD ? side->items[item].parent : item;
	u32 found = CDO_NONE;
	bool is_one = false;

	count_targets(side, whole, group_of, group, &found, &is_one);
	if (side->items[whole].cold != CDO_NONE && (is_one || found == CDO_NONE))
		count_targets(side, side->items[whole].cold, group_of, group, &found, &is_one);
	return is_one ? found : CDO_NONE;
}

/* True if whoever refers to ITEM refers to no other of its name. */
static bool is_only_in_scope(const struct cdo_side *side, const struct cdo_referrers *refs,
			     const u32 *group_of, u32 item)
{
	for (u32 i = refs->first[item]; i < refs->first[item + 1]; i++) {
		if (only_target(side, refs->items[i], group_of, group_of[item]) != item)
			return false;
	}
	return true;
}

/*
 * Pairs what is alone of its name on both sides, from the start or when the others have been
 * paired. Of two `count` in one function, one of which has found its twin, the other one is not
 * proved by that: it may have gone, and a new one have come.
 */
bool cdo_pair_alone(struct cdo_correlator *c)
{
	struct cdo_diff *diff = c->diff;
	bool progress = false;

	for (size_t i = 0; i < c->groups.n; i++) {
		u32 orig = only_open(&diff->orig, c->groups.items[i].orig);
		u32 patched = only_open(&diff->patched, c->groups.items[i].patched);

		if (orig == CDO_NONE || patched == CDO_NONE ||
		    !cdo_is_numbered(&diff->orig.items[orig]))
			continue;
		if (diff->orig.items[orig].is_writable &&
		    (!is_same_scope(c, orig, patched) ||
		     !is_only_in_scope(&diff->orig, &c->orig_refs, c->group_of_orig, orig) ||
		     !is_only_in_scope(&diff->patched, &c->patched_refs, c->group_of_patched,
				       patched)))
			continue;
		cdo_pair(diff, orig, patched, CDO_HOW_ALONE);
		progress = true;
	}
	return progress;
}

bool cdo_is_open(const struct cdo_side *side, const struct cdo_target *target)
{
	return target->kind == CDO_REF_ITEM && cdo_is_numbered(&side->items[target->idx]) &&
	       side->twin[target->idx] == CDO_NONE;
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
		cdo_pair(diff, s->idx, t->idx, CDO_HOW_WALK);
		progress = true;
	}
	return progress;
}

static bool has_open(const struct cdo_side *side, const struct cdo_item *item)
{
	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		if (cdo_is_open(side, &side->targets[i]) || is_content(side, &side->targets[i]))
			return true;
	}
	return false;
}

/* Pairs open items that ORIG and PATCHED refer to, which are twins and equal but for names. */
static bool walk_equal(struct cdo_correlator *c, u32 orig, u32 patched)
{
	struct cdo_diff *diff = c->diff;
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];
	bool progress = pair_contents(diff, a, b);

	for (u32 i = 0; i < a->n_rels; i++) {
		const struct cdo_target *s = &diff->orig.targets[a->rel_first + i];
		const struct cdo_target *t = &diff->patched.targets[b->rel_first + i];

		if (!cdo_is_open(&diff->orig, s) || !cdo_is_open(&diff->patched, t) ||
		    c->group_of_orig[s->idx] != c->group_of_patched[t->idx])
			continue;
		cdo_pair(diff, s->idx, t->idx, CDO_HOW_WALK);
		progress = true;
	}
	return progress;
}

/* The same for twins that differ: what each of them has only one of. */
static bool walk_changed(struct cdo_correlator *c, u32 orig, u32 patched)
{
	struct cdo_diff *diff = c->diff;
	const struct cdo_item *a = &diff->orig.items[orig];
	bool progress = false;

	for (u32 i = a->rel_first; i < a->rel_first + a->n_rels; i++) {
		const struct cdo_target *s = &diff->orig.targets[i];

		if (!cdo_is_open(&diff->orig, s))
			continue;
		u32 group = c->group_of_orig[s->idx];
		u32 other = only_target(&diff->patched, patched, c->group_of_patched, group);

		if (other == CDO_NONE || diff->patched.twin[other] != CDO_NONE ||
		    only_target(&diff->orig, orig, c->group_of_orig, group) != s->idx)
			continue;
		cdo_pair(diff, s->idx, other, CDO_HOW_WALK);
		progress = true;
	}
	return progress;
}

static bool is_same(struct cdo_diff *diff, u32 orig, u32 patched)
{
	return !cdo_compare(diff, orig, patched, CDO_BY_NAME).what ||
	       cdo_is_line_only(diff, orig, patched, CDO_BY_NAME);
}

bool cdo_walk(struct cdo_correlator *c, bool is_equal)
{
	struct cdo_diff *diff = c->diff;
	bool progress = false;

	for (u32 i = 0; i < diff->orig.n_items; i++) {
		u32 twin = diff->orig.twin[i];

		if (twin == CDO_NONE || !has_open(&diff->orig, &diff->orig.items[i]) ||
		    is_same(diff, i, twin) != is_equal)
			continue;
		progress |= is_equal ? walk_equal(c, i, twin) : walk_changed(c, i, twin);
	}
	return progress;
}

/* ---- what stays open ---- */

static u32 next_ambiguous(const struct cdo_side *side, const struct cdo_referrers *refs, u32 idx)
{
	for (; idx != CDO_NONE; idx = side->items[idx].next_in_name) {
		if (side->twin[idx] == CDO_NONE && side->items[idx].is_writable &&
		    cdo_is_numbered(&side->items[idx]) &&
		    (!refs || refs->first[idx] != refs->first[idx + 1]))
			break;
	}
	return idx;
}

/* Writable items of one name are left on both sides: which is which? One that the patched
 * object does not use has no need of a twin. */
void cdo_note_ambiguity(struct cdo_correlator *c, const struct cdo_group *group)
{
	struct cdo_side *a = &c->diff->orig, *b = &c->diff->patched;
	u32 orig = next_ambiguous(a, NULL, group->orig);
	u32 patched = next_ambiguous(b, &c->patched_refs, group->patched);

	if (orig == CDO_NONE || patched == CDO_NONE)
		return;
	struct cdo_ambiguity entry = {
		.orig = orig,
		.patched = patched,
		.orig_too = next_ambiguous(a, NULL, a->items[orig].next_in_name),
		.patched_too = next_ambiguous(b, &c->patched_refs, b->items[patched].next_in_name),
	};

	lp_vec_push(c->diff->arena, &c->diff->ambiguities, entry);
}
