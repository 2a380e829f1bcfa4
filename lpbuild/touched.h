/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sources that diffs have changed, and their pinned lines (lpbuild/pin.h). */
#ifndef LPBUILD_TOUCHED_H
#define LPBUILD_TOUCHED_H

#include "lib/map.h"
#include "lpbuild/apply.h"
#include "lpbuild/out.h"

struct lp_touched_file { /* paths are relative to the source */
	const char *path;
	const char *original; /* what it was before it was renamed; else PATH */
	const u8 *plain;      /* its text without the pins that the tree has; NULL: none */
	size_t plain_len;
	bool is_new; /* touched since it was pinned */
};

struct lp_touched { /* begins as zeros */
	struct lp_touched_file *items;
	size_t n, cap;
	struct lp_map index; /* by path */
};

/*
 * Applies DIFFS to WORK->src, on top of those before, and pins the lines of the files that they
 * touch. Copies of these go to OUT/2-patched, their paths, each once, to RET. Others stay as they
 * are, with their times: ninja goes by that.
 */
struct lp_err *lp_touched_apply(struct lp_work *work, struct lp_touched *files,
				struct lp_patch_diffs *diffs, const struct lp_outdir *out,
				struct lp_strs *ret) LP_MUST_CHECK;

#endif
