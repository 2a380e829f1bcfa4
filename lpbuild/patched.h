/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stage 2: the same tree with the diffs, of which only what changed is compiled. */
#ifndef LPBUILD_PATCHED_H
#define LPBUILD_PATCHED_H

#include "lpbuild/apply.h"
#include "lpbuild/out.h"

struct lp_pair {	    /* an object that the diffs change */
	const char *object; /* its name in the build */
	const char
		*original; /* in 1-original; of a new object, in OUT/2-patched: lpbuild/newobj.h */
	const char *patched; /* in OUT/2-patched */
};

struct lp_pairs {
	struct lp_pair *items;
	size_t n, cap;
};

/*
 * Applies DIFFS, compiles, and finds the objects of the target that differ, sorted by name. None
 * is an error with code LP_NOTHING. The tree is put back by the next run (lpbuild/reset.h).
 */
struct lp_err *lp_patched_build(struct lp_work *work, struct lp_patch_diffs *diffs,
				const struct lp_outdir *out, struct lp_pairs *ret) LP_MUST_CHECK;

#endif
