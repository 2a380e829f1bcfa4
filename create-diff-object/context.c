/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several static variables of one name in one function that has changed. QEMU's intel_iommu.c
 * has four print_once_ in vtd_report_dmar_fault(), one for each warn_report_once(): each is
 * known by the text of its message, which stands beside it. position.c does the rest.
 */
#include <string.h>

#include "create-diff-object/correlate.h"

#define COLD_OFFSET (UINT64_C(1) << 40) /* the cold part is far away */

static u64 token_of(struct cdo_side *side, bool is_orig, const struct cdo_target *target)
{
	const struct lp_elf *elf = side->elf;
	u64 h = lp_hash(0, &target->kind, sizeof(target->kind)), content;
	u32 idx = target->idx;

	switch (target->kind) {
	case CDO_REF_UNDEF:
		return lp_hash(h, elf->symbols[idx].name, strlen(elf->symbols[idx].name));
	case CDO_REF_STRING:
	case CDO_REF_CONST:
		return lp_hash(h, elf->sections[idx].data + target->start, target->size);
	case CDO_REF_ITEM:
		if (side->twin[idx] != CDO_NONE) {
			u32 orig = is_orig ? idx : side->twin[idx];

			return lp_hash(h, &orig, sizeof(orig));
		}
		if (side->items[idx].kind != CDO_CONTENT)
			return lp_hash(h, side->items[idx].base, strlen(side->items[idx].base));
		content = cdo_content(side, idx);
		return lp_hash(h, &content, sizeof(content));
	case CDO_REF_NONE:
	case CDO_REF_LOST:
		break;
	}
	return h;
}

static void add_refs(struct cdo_correlator *c, struct cdo_side *side, bool is_orig, u32 idx,
		     struct cdo_static_refs *refs)
{
	const struct cdo_item *item = &side->items[idx];
	const u32 *group_of = is_orig ? c->group_of_orig : c->group_of_patched;
	bool is_cold = item->kind == CDO_COLD;

	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		const struct cdo_target *target = &side->targets[i];
		bool is_open = cdo_is_open(side, target);
		struct cdo_static_ref ref = { .open = is_open ? target->idx : CDO_NONE,
					      .group = is_open ? group_of[target->idx] : CDO_NONE,
					      .off = side->elf->rels[i].off +
						     (u64)is_cold * COLD_OFFSET };

		/* Calls stand beside everything; what a function is called with does not. */
		ref.is_telling = target->kind == CDO_REF_STRING || target->kind == CDO_REF_CONST ||
				 (target->kind == CDO_REF_ITEM && !is_open &&
				  side->items[target->idx].kind != CDO_FUNC);
		ref.token = token_of(side, is_orig, target);
		lp_vec_push(c->diff->arena, &refs->list, ref);
	}
}

static bool has_open(const struct cdo_side *side, u32 idx)
{
	const struct cdo_item *item = &side->items[idx];

	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		if (cdo_is_open(side, &side->targets[i]))
			return true;
	}
	return item->cold != CDO_NONE && has_open(side, item->cold);
}

/* The references of a function and its cold part; false without open ones. */
static bool list_refs(struct cdo_correlator *c, bool is_orig, u32 idx, struct cdo_static_refs *ret)
{
	struct cdo_side *side = is_orig ? &c->diff->orig : &c->diff->patched;

	ret->list.n = 0;
	if (!has_open(side, idx))
		return false;
	add_refs(c, side, is_orig, idx, ret);
	if (side->items[idx].cold != CDO_NONE)
		add_refs(c, side, is_orig, side->items[idx].cold, ret);
	return true;
}

/* ---- matching ---- */

void cdo_vote(struct cdo_votes *votes, u32 orig, u32 patched)
{
	if (votes->orig[orig] != patched)
		votes->orig[orig] = votes->orig[orig] == CDO_NONE ? patched : CDO_CONFLICT;
	if (votes->patched[patched] != orig)
		votes->patched[patched] = votes->patched[patched] == CDO_NONE ? orig : CDO_CONFLICT;
}

static bool is_elected(const struct cdo_votes *votes, u32 orig)
{
	u32 patched = votes->orig[orig];

	return patched != CDO_NONE && patched != CDO_CONFLICT && votes->patched[patched] == orig;
}

static void reset_votes(struct cdo_votes *votes, const struct cdo_static_refs *orig,
			const struct cdo_static_refs *patched)
{
	for (size_t i = 0; i < orig->list.n; i++) {
		if (orig->list.items[i].open != CDO_NONE)
			votes->orig[orig->list.items[i].open] = CDO_NONE;
	}
	for (size_t i = 0; i < patched->list.n; i++) {
		if (patched->list.items[i].open != CDO_NONE)
			votes->patched[patched->list.items[i].open] = CDO_NONE;
	}
}

/* ---- by context ---- */

struct neighbour {
	u32 group, zero; /* no padding: it is hashed */
	u64 token;
};

struct neighbours {
	struct lp_map known;
	LP_VEC(struct neighbour) keys;
	LP_VEC(u32) orig, patched; /* the open item beside it, CDO_CONFLICT for several */
};

static void add_neighbour(struct lp_arena *arena, struct neighbours *all,
			  const struct cdo_static_ref *ref, const struct cdo_static_ref *beside,
			  bool is_orig)
{
	struct neighbour *key = lp_new(arena, struct neighbour);

	*key = (struct neighbour){ .group = ref->group, .token = beside->token };
	u32 idx = lp_map_get(&all->known, key, sizeof(*key));

	if (idx >= all->orig.n) { /* LP_MAP_NONE */
		idx = (u32)all->orig.n;
		lp_map_set(arena, &all->known, key, sizeof(*key), idx);
		lp_vec_push(arena, &all->orig, CDO_NONE);
		lp_vec_push(arena, &all->patched, CDO_NONE);
	}
	u32 *item = is_orig ? &all->orig.items[idx] : &all->patched.items[idx];

	if (*item != ref->open)
		*item = *item == CDO_NONE ? ref->open : CDO_CONFLICT;
}

/*
 * A text belongs to the nearer one of the open items right before and behind it:
 *
 *	lea print_once_.1, %rdi		clang jumps to a call that two blocks share, so that
 *	lea "a is too large", %rsi	the text stands between two variables
 *	jmp ...
 *	lea print_once_.2, %rdi
 */
static void list_neighbours(struct lp_arena *arena, struct neighbours *all,
			    const struct cdo_static_refs *refs, bool is_orig)
{
	for (size_t i = 0; i < refs->list.n; i++) {
		const struct cdo_static_ref *ref = &refs->list.items[i];
		const struct cdo_static_ref *before = i > 0 ? ref - 1 : NULL;
		const struct cdo_static_ref *behind = i + 1 < refs->list.n ? ref + 1 : NULL;

		if (!ref->is_telling)
			continue;
		if (before && before->open == CDO_NONE)
			before = NULL;
		if (behind && behind->open == CDO_NONE)
			behind = NULL;
		u64 to_before = before ? ref->off - before->off : UINT64_MAX;
		u64 to_behind = behind ? behind->off - ref->off : UINT64_MAX;

		if (to_before < to_behind)
			add_neighbour(arena, all, before, ref, is_orig);
		else if (to_behind < to_before)
			add_neighbour(arena, all, behind, ref, is_orig);
	}
}

static void match_by_context(struct cdo_correlator *c, const struct cdo_static_refs *orig,
			     const struct cdo_static_refs *patched, struct cdo_votes *votes)
{
	struct neighbours all = { 0 };

	list_neighbours(c->diff->arena, &all, orig, true);
	list_neighbours(c->diff->arena, &all, patched, false);
	for (size_t i = 0; i < all.orig.n; i++) {
		u32 a = all.orig.items[i], b = all.patched.items[i];

		if (a != CDO_NONE && a != CDO_CONFLICT && b != CDO_NONE && b != CDO_CONFLICT)
			cdo_vote(votes, a, b);
	}
}

/* ---- the walk ---- */

static bool pair_elected(struct cdo_diff *diff, const struct cdo_votes *votes,
			 const struct cdo_static_refs *orig, enum cdo_how how)
{
	bool progress = false;

	for (size_t i = 0; i < orig->list.n; i++) {
		u32 item = orig->list.items[i].open;

		if (item == CDO_NONE || !is_elected(votes, item) ||
		    diff->orig.twin[item] != CDO_NONE)
			continue;
		cdo_pair(diff, item, votes->orig[item], how);
		progress = true;
	}
	return progress;
}

static bool pair_all(struct cdo_correlator *c,
		     void (*match)(struct cdo_correlator *c, const struct cdo_static_refs *orig,
				   const struct cdo_static_refs *patched, struct cdo_votes *votes),
		     enum cdo_how how)
{
	struct cdo_diff *diff = c->diff;
	struct lp_arena *arena = diff->arena;
	struct cdo_votes votes = { lp_new_array(arena, diff->orig.n_items, u32),
				   lp_new_array(arena, diff->patched.n_items, u32) };
	struct cdo_static_refs orig = { 0 }, patched = { 0 };
	bool progress = false;

	memset(votes.orig, 0xff, diff->orig.n_items * sizeof(u32));
	memset(votes.patched, 0xff, diff->patched.n_items * sizeof(u32));
	for (u32 i = 0; i < diff->orig.n_items; i++) {
		u32 twin = diff->orig.twin[i];

		if (diff->orig.items[i].kind != CDO_FUNC || twin == CDO_NONE ||
		    !list_refs(c, true, i, &orig) || !list_refs(c, false, twin, &patched))
			continue;
		match(c, &orig, &patched, &votes);
		progress |= pair_elected(diff, &votes, &orig, how);
		reset_votes(&votes, &orig, &patched);
	}
	return progress;
}

bool cdo_pair_by_context(struct cdo_correlator *c)
{
	return pair_all(c, match_by_context, CDO_HOW_CONTEXT);
}

bool cdo_pair_by_position(struct cdo_correlator *c)
{
	return pair_all(c, cdo_match_by_position, CDO_HOW_ORDER);
}
