/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder that a person looks at:
 *
 *	OUT/2-patched/		changed sources, with their pinned lines, and changed objects
 *	   /3-diff/		what create-diff-object made of each, its report and its log
 *	   /4-link/NAME.o
 *	   /5-extract/		payload and manifest as extract-patch wrote them, its log
 *	   /NAME.raxlpxs
 *	   /NAME.yaml
 *	   /NAME.html		with --review
 *
 * The files appear together at the end, or not at all.
 */
#ifndef LPBUILD_OUT_H
#define LPBUILD_OUT_H

#include "lpbuild/work.h"

struct lp_outdir {
	const char *name; /* of the patch */
	const char *root; /* OUT */
	const char *patched, *diff, *link, *extract;
	const char *payload, *manifest, *review; /* OUT/NAME.* */
};

/* Makes OUT, and removes what an earlier run of this patch has left in it. */
struct lp_err *lp_outdir_open(struct lp_arena *arena, const char *root, const char *name,
			      struct lp_outdir *ret) LP_MUST_CHECK;

/* FOLDER/NAME with the folders above it made. */
struct lp_err *lp_outdir_file(struct lp_arena *arena, const char *folder, const char *name,
			      const char **ret) LP_MUST_CHECK;

#endif
