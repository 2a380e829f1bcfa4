/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the steps of pairing share; only correlate.c and its helpers (funnel.c, statics.c,
 * context.c, position.c) include this.
 */
#ifndef CDO_CORRELATE_H
#define CDO_CORRELATE_H

#include "create-diff-object/diff.h"

struct cdo_group {	   /* items of one kind and base name */
	u32 orig, patched; /* first of each side, chained by next_in_name */
};

struct cdo_referrers { /* per item: which items refer to it, in one array */
	u32 *first;
	u32 *items;
};

struct cdo_correlator {
	struct cdo_diff *diff;
	struct lp_map names;
	LP_VEC(struct cdo_group) groups;
	u32 *group_of_orig, *group_of_patched;	      /* per item, or CDO_NONE */
	struct cdo_referrers orig_refs, patched_refs; /* of items that the compiler numbered */
};

void cdo_pair(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_how how);
/* A name that the compiler made up (`count.3`): it tells nothing from one build to the next. */
bool cdo_is_numbered(const struct cdo_item *item);
/* Numbered and without a twin yet. */
bool cdo_is_open(const struct cdo_side *side, const struct cdo_target *target);

/* funnel.c: pairs the items of GROUP, whose names a person gave. */
void cdo_pair_named(struct cdo_correlator *c, const struct cdo_group *group);

/* statics.c: what follows from the items that are paired already. True on progress. */
struct cdo_referrers cdo_find_referrers(struct lp_arena *arena, const struct cdo_side *side);
bool cdo_pair_alone(struct cdo_correlator *c);
/* References of twins that are equal but for names, or of those that differ. */
bool cdo_walk(struct cdo_correlator *c, bool is_equal);
void cdo_note_ambiguity(struct cdo_correlator *c, const struct cdo_group *group);

#define CDO_CONFLICT (CDO_NONE - 1)

struct cdo_static_ref {	 /* a reference, as both sides can see it */
	u32 open;	 /* the item without a twin that is meant, else CDO_NONE */
	u32 group;	 /* of OPEN */
	bool is_telling; /* it may tell one neighbour from another */
	u64 token;	 /* equal for equal references */
	u64 off;
};

struct cdo_static_refs {
	LP_VEC(struct cdo_static_ref) list;
};

struct cdo_votes { /* per item: the only one of the other side that it was matched with */
	u32 *orig, *patched;
};

/* context.c: statics of one name in one function. True on progress. */
bool cdo_pair_by_context(struct cdo_correlator *c);
bool cdo_pair_by_position(struct cdo_correlator *c);
void cdo_vote(struct cdo_votes *votes, u32 orig, u32 patched);

/* position.c: what stands in the same order on both sides, and is numbered so. */
void cdo_match_by_position(struct cdo_correlator *c, const struct cdo_static_refs *orig,
			   const struct cdo_static_refs *patched, struct cdo_votes *votes);

#endif
