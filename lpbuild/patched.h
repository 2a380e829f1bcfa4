/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stage 2: the same tree with the diffs, of which only what changed is compiled. */
#ifndef LPBUILD_PATCHED_H
#define LPBUILD_PATCHED_H

#include "lpbuild/touched.h"

struct lp_pair {	      /* an object that the diffs change */
	const char *object;   /* its name in the build */
	const char *original; /* in 1-original, or as the diffs below have made it; of a new object,
				 in OUT/2-patched: lpbuild/newobj.h */
	const char *patched;  /* in OUT/2-patched */
};

struct lp_pairs {
	struct lp_pair *items;
	size_t n, cap;
};

/* What lpbuild has made of the tree since it was the original; begins as zeros. */
struct lp_patched {
	u32 layers; /* how many times diffs were added */
	struct lp_touched files;
	struct lp_strs hit;    /* objects that depend on these, */
	struct lp_map is_hit;  /* by name */
	bool is_generated;     /* other things than objects were made, by the program's own
				  build file */
	struct lp_strs copies; /* the last one of each object that has changed, */
	struct lp_map index;   /* by its name */
};

/*
 * Applies DIFFS on top of what PATCHED has, compiles what they reach, and finds the objects of the
 * target that differ from what they were before, sorted by name. None is an error with code
 * LP_NOTHING. The tree is put back by the next run (lpbuild/reset.h).
 */
struct lp_err *lp_patched_add(struct lp_work *work, struct lp_patched *patched,
			      struct lp_patch_diffs *diffs, const struct lp_outdir *out,
			      struct lp_pairs *ret) LP_MUST_CHECK;

#endif
