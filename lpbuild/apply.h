/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applying diffs to the source: exactly, or not at all. */
#ifndef LPBUILD_APPLY_H
#define LPBUILD_APPLY_H

#include "lib/udiff.h"
#include "lpbuild/work.h"

struct lp_patch_diff {	  /* one --diff */
	const char *path; /* from the root */
	struct lp_udiff parsed;
	u32 strip; /* its paths lose so many components: lp_udiff_level() */
};

struct lp_patch_diffs {
	struct lp_patch_diff *items;
	size_t n, cap;
};

/* Reads the diffs FILES. */
struct lp_err *lp_diffs_read(struct lp_arena *arena, const struct lp_strs *files,
			     struct lp_patch_diffs *ret) LP_MUST_CHECK;

/*
 * Applies DIFF to WORK->src with patch(1). Lines may have moved, but their surroundings must be
 * as the diff has them: fuzz is an error that names file and hunk.
 */
struct lp_err *lp_diff_apply(struct lp_work *work, const struct lp_patch_diff *diff) LP_MUST_CHECK;

#endif
