/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole of create-diff-object behind its command line. */
#ifndef CDO_RUN_H
#define CDO_RUN_H

#include "create-diff-object/diff.h"

/*
 * Compares ORIG and PATCHED and makes the output object. OPTIONS must outlive it.
 * Code LP_REFUSED: it can't be live-patched (all findings are in the error); LP_NOTHING: nothing
 * has changed. RET_DIFF is set in these cases, too, as far as it got.
 */
struct lp_err *cdo_run(struct lp_arena *arena, const struct cdo_options *options,
		       const struct lp_elf *orig, const struct lp_elf *patched,
		       struct cdo_diff **ret_diff, struct lp_out **ret_out) LP_MUST_CHECK;

#endif
