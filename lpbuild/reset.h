/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting the tree that the compiler sees back to the original, at the cost of what was changed
 * and not of the whole tree. The file src.dirty says what that is; it is not there when
 * src and 1-original are equal. It says "all" from before the first change until after the last
 * one is known, so that whatever an interrupted run left is found by a full comparison.
 */
#ifndef LPBUILD_RESET_H
#define LPBUILD_RESET_H

#include "lpbuild/work.h"

/* False when src may differ from 1-original. */
bool lp_reset_is_clean(const struct lp_work *work);
/* Makes src equal to 1-original. */
struct lp_err *lp_reset(struct lp_work *work) LP_MUST_CHECK;
/* Notes that anything in src may change from now on. */
struct lp_err *lp_reset_expect_all(struct lp_work *work) LP_MUST_CHECK;
/* Notes that only PATHS (relative to src) have changed, and that nothing changes any more. */
struct lp_err *lp_reset_expect(struct lp_work *work, const struct lp_strs *paths) LP_MUST_CHECK;

/* Copies src to 1-original. */
struct lp_err *lp_keep_original(struct lp_work *work) LP_MUST_CHECK;

#endif
