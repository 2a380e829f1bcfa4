/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages 3 to 5: the changed objects become one payload, by the other tools. */
#ifndef LPBUILD_STAGES_H
#define LPBUILD_STAGES_H

#include "lib/diffobj.h"
#include "lpbuild/apply.h"
#include "lpbuild/out.h"
#include "lpbuild/patched.h"
#include "lpbuild/target.h"

/*
 * Compares PAIRS and links what differs. All refusals are collected into one error with code
 * LP_REFUSED; objects whose code is the same after all give LP_NOTHING when there are no others.
 * RET gets what changed, object by object.
 */
struct lp_err *lp_stage_diff(struct lp_work *work, const struct lp_pairs *pairs,
			     const struct lp_outdir *out, struct lp_info_list *ret) LP_MUST_CHECK;

/* Resolves the linked object against TARGET and writes payload and manifest. */
struct lp_err *lp_stage_extract(struct lp_work *work, const struct lp_patch_diffs *diffs,
				const struct lp_outdir *out,
				const struct lp_target *target) LP_MUST_CHECK;

#endif
