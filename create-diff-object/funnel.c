/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Items whose names a person gave. A name is nearly always enough; it can occur twice only in
 * merged objects (`ld -r` of QEMU has `register_types` 41 times), and nameless sections of one
 * name in assembler code. Then more and more is asked, and at each level what is one to one on
 * both sides is paired:
 *
 *   name -> local or global -> source file -> contents -> order
 *
 * The number of a clone (`f.constprop.0`) is no part of its name, but better than nothing: with
 * several clones of a function, those of equal contents are paired first, then those of equal
 * numbers.
 */
#include <string.h>

#include "create-diff-object/correlate.h"

enum level {
	LEVEL_CLONE, /* the contents, of a function whose name has a number */
	LEVEL_NUMBER,
	LEVEL_SCOPE,
	LEVEL_FILE,
	LEVEL_CONTENT,
	N_LEVELS
};

static const enum cdo_how how_of[] = {
	[LEVEL_CLONE] = CDO_HOW_CONTENT,   [LEVEL_NUMBER] = CDO_HOW_NUMBER,
	[LEVEL_SCOPE] = CDO_HOW_SCOPE,	   [LEVEL_FILE] = CDO_HOW_FILE,
	[LEVEL_CONTENT] = CDO_HOW_CONTENT,
};

struct bucket {
	u32 orig, patched; /* the last open one of each side */
	u32 n_orig, n_patched;
};

struct buckets {
	struct lp_map by_key;
	LP_VEC(struct bucket) list;
};

static const char *text_of_key(struct lp_arena *arena, struct cdo_side *side, u32 idx,
			       enum level level)
{
	const struct cdo_item *item = &side->items[idx];
	const struct lp_symbol *sym = &side->elf->symbols[item->sym];
	bool is_local = !item->sym || sym->bind == STB_LOCAL;
	const char *file = sym->file ? side->elf->symbols[sym->file].name : "";

	unsigned long long content =
		level == LEVEL_CLONE || level == LEVEL_CONTENT ? cdo_content(side, idx) : 0;

	if (level == LEVEL_CLONE)
		return lp_printf(arena, "%llx", item->name != item->base ? content : 0);
	if (level == LEVEL_NUMBER)
		return item->name;
	if (level == LEVEL_SCOPE)
		return is_local ? "l" : "g";
	return lp_printf(arena, "%d %llx %s", is_local, content, file);
}

static struct bucket *bucket_of(struct cdo_diff *diff, struct buckets *buckets,
				struct cdo_side *side, u32 item, enum level level)
{
	const char *key = text_of_key(diff->arena, side, item, level);
	u32 idx = lp_map_get_str(&buckets->by_key, key);

	if (idx == LP_MAP_NONE) {
		idx = (u32)buckets->list.n;
		lp_vec_push(diff->arena, &buckets->list,
			    ((struct bucket){ CDO_NONE, CDO_NONE, 0, 0 }));
		lp_map_set_str(diff->arena, &buckets->by_key, key, idx);
	}
	return &buckets->list.items[idx];
}

/* Sorts the open items of GROUP into buckets and pairs what is alone in its own. Returns false
 * when nothing is open any more. */
static bool pair_at(struct cdo_diff *diff, const struct cdo_group *group, enum level level)
{
	struct buckets buckets = { 0 };

	for (u32 i = group->orig; i != CDO_NONE; i = diff->orig.items[i].next_in_name) {
		if (diff->orig.twin[i] != CDO_NONE)
			continue;
		struct bucket *bucket = bucket_of(diff, &buckets, &diff->orig, i, level);

		bucket->orig = i;
		bucket->n_orig++;
	}
	for (u32 i = group->patched; i != CDO_NONE; i = diff->patched.items[i].next_in_name) {
		if (diff->patched.twin[i] != CDO_NONE)
			continue;
		struct bucket *bucket = bucket_of(diff, &buckets, &diff->patched, i, level);

		bucket->patched = i;
		bucket->n_patched++;
	}
	bool has_open = false;

	for (size_t i = 0; i < buckets.list.n; i++) {
		const struct bucket *bucket = &buckets.list.items[i];

		if (bucket->n_orig == 1 && bucket->n_patched == 1)
			cdo_pair(diff, bucket->orig, bucket->patched, how_of[level]);
		else
			has_open |= bucket->n_orig && bucket->n_patched;
	}
	return has_open;
}

static u32 next_open(const struct cdo_side *side, u32 idx)
{
	while (idx != CDO_NONE && side->twin[idx] != CDO_NONE)
		idx = side->items[idx].next_in_name;
	return idx;
}

static u32 count_open(const struct cdo_side *side, u32 idx)
{
	u32 n = 0;

	for (; idx != CDO_NONE; idx = side->items[idx].next_in_name)
		n += side->twin[idx] == CDO_NONE;
	return n;
}

/* The rest has equal names and files: taken in order, compared like all others. */
static void pair_in_order(struct cdo_diff *diff, const struct cdo_group *group)
{
	u32 orig = group->orig, patched = group->patched;

	if (count_open(&diff->orig, orig) != count_open(&diff->patched, patched))
		return;
	while ((orig = next_open(&diff->orig, orig)) != CDO_NONE) {
		patched = next_open(&diff->patched, patched);
		cdo_pair(diff, orig, patched, CDO_HOW_ORDER);
	}
}

void cdo_pair_named(struct cdo_correlator *c, const struct cdo_group *group)
{
	struct cdo_diff *diff = c->diff;

	if (group->orig == CDO_NONE || group->patched == CDO_NONE)
		return;
	if (diff->orig.items[group->orig].next_in_name == CDO_NONE &&
	    diff->patched.items[group->patched].next_in_name == CDO_NONE) {
		/* as nearly always */
		cdo_pair(diff, group->orig, group->patched, CDO_HOW_NAME);
		return;
	}
	for (enum level level = LEVEL_CLONE; level < N_LEVELS; level++) {
		if (!pair_at(diff, group, level))
			return;
	}
	pair_in_order(diff, group);
}
