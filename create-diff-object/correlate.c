/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs the items of both objects. Functions and file-scope objects are known by their names
 * (funnel.c). A static variable of a function is not: gcc calls it `count.0` or `count.7` as it
 * comes. For those the question is asked in steps, from certain to less certain:
 *
 *   1. twins that are equal but for names use them in the same order        (statics.c)
 *   2. the only one of that name that is left on both sides, in one scope   (statics.c)
 *   3. twins that differ, each of which has only one of that name           (statics.c)
 *   4. what stands beside a reference, such as the text of a message        (context.c)
 *   5. the order of numbers and of references, if both say the same         (context.c)
 *   6. read-only ones by their contents
 *
 * For writable ones that stay open there is no guess: rules.c refuses.
 */
#include <assert.h>
#include <string.h>

#include "create-diff-object/correlate.h"

void cdo_pair(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_how how)
{
	diff->how[patched] = how;
	diff->orig.twin[orig] = patched;
	diff->patched.twin[patched] = orig;
}

/* C identifiers have no dot: a name with one was made up by the compiler. */
bool cdo_is_numbered(const struct cdo_item *item)
{
	return (item->kind == CDO_DATA || item->kind == CDO_TLS) && strchr(item->name, '.');
}

static bool is_paired_by_name(const struct cdo_item *item)
{
	return item->kind != CDO_CONTENT && item->kind != CDO_CTORS && item->kind != CDO_COLD;
}

/* Digits of clones drift, too: without its first caller, `f.constprop.1` becomes `.0`. */
static const char *name_of_group(struct lp_arena *arena, const struct cdo_item *item)
{
	if (cdo_is_numbered(item))
		return lp_printf(arena, "n%s", item->base);
	if (item->kind == CDO_FUNC)
		return lp_printf(arena, "f%s", item->base);
	return lp_printf(arena, "%c%s", item->kind == CDO_ODD ? 's' : 'o', item->name);
}

static u32 group_named(struct cdo_correlator *c, const struct cdo_item *item)
{
	struct lp_arena *arena = c->diff->arena;
	const char *key = name_of_group(arena, item);
	u32 idx = lp_map_get_str(&c->names, key);

	if (idx == LP_MAP_NONE) {
		idx = (u32)c->groups.n;
		lp_vec_push(arena, &c->groups, ((struct cdo_group){ CDO_NONE, CDO_NONE }));
		lp_map_set_str(arena, &c->names, key, idx);
	}
	return idx;
}

/* Chains the items of a side into their groups, in the order of the file. */
static u32 *make_groups(struct cdo_correlator *c, struct cdo_side *side, bool is_orig)
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

static bool is_group_numbered(const struct cdo_correlator *c, const struct cdo_group *group)
{
	if (group->orig != CDO_NONE)
		return cdo_is_numbered(&c->diff->orig.items[group->orig]);
	return cdo_is_numbered(&c->diff->patched.items[group->patched]);
}

/* Read-only items keep no state: an equal one is as good. */
static void pair_by_content(struct cdo_correlator *c, const struct cdo_group *group,
			    u32 *next_equal)
{
	struct cdo_diff *diff = c->diff;
	struct lp_map by_content = { 0 };

	if (group->orig == CDO_NONE || group->patched == CDO_NONE)
		return;
	for (u32 k = group->patched; k != CDO_NONE; k = diff->patched.items[k].next_in_name) {
		if (diff->patched.twin[k] != CDO_NONE || diff->patched.items[k].is_writable)
			continue;
		cdo_content(&diff->patched, k);
		next_equal[k] = lp_map_set(diff->arena, &by_content, &diff->patched.content[k],
					   sizeof(u64), k);
	}
	for (u32 i = group->orig; i != CDO_NONE; i = diff->orig.items[i].next_in_name) {
		if (diff->orig.twin[i] != CDO_NONE || diff->orig.items[i].is_writable)
			continue;
		u64 content = cdo_content(&diff->orig, i);
		u32 k = lp_map_get(&by_content, &content, sizeof(content));

		if (k == LP_MAP_NONE || diff->patched.twin[k] != CDO_NONE ||
		    cdo_compare(diff, i, k, CDO_BY_TWIN).what)
			continue;
		cdo_pair(diff, i, k, CDO_HOW_CONTENT);
		/* The map can't forget: what has a twin leads to the next one. */
		if (next_equal[k] != LP_MAP_NONE)
			lp_map_set(diff->arena, &by_content, &diff->patched.content[k], sizeof(u64),
				   next_equal[k]);
	}
}

static void pair_cold_parts(struct cdo_diff *diff)
{
	for (u32 i = 0; i < diff->orig.n_items; i++) {
		u32 twin = diff->orig.twin[i];

		if (twin == CDO_NONE || diff->orig.items[i].cold == CDO_NONE ||
		    diff->patched.items[twin].cold == CDO_NONE)
			continue;
		cdo_pair(diff, diff->orig.items[i].cold, diff->patched.items[twin].cold,
			 CDO_HOW_PARENT);
	}
}

void cdo_correlate(struct cdo_diff *diff)
{
	struct cdo_correlator c = { .diff = diff };
	u32 *next_equal = lp_new_array(diff->arena, diff->patched.n_items, u32);

	diff->how = lp_new_array(diff->arena, diff->patched.n_items, enum cdo_how);
	c.group_of_orig = make_groups(&c, &diff->orig, true);
	c.group_of_patched = make_groups(&c, &diff->patched, false);
	for (size_t i = 0; i < c.groups.n; i++) {
		if (!is_group_numbered(&c, &c.groups.items[i]))
			cdo_pair_named(&c, &c.groups.items[i]);
	}
	pair_cold_parts(diff);
	c.orig_refs = cdo_find_referrers(diff->arena, &diff->orig);
	c.patched_refs = cdo_find_referrers(diff->arena, &diff->patched);
	/* After each step, what is more certain gets another chance. */
	while (cdo_walk(&c, true) || cdo_pair_alone(&c) || cdo_walk(&c, false) ||
	       cdo_pair_by_context(&c) || cdo_pair_by_position(&c))
		;
	for (size_t i = 0; i < c.groups.n; i++) {
		pair_by_content(&c, &c.groups.items[i], next_equal);
		cdo_note_ambiguity(&c, &c.groups.items[i]);
	}
}
