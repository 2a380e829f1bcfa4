/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --stack: a payload for each diff, made on top of those before it. The original of the second is
 * the tree with the first diff, and so on:
 *
 *	OUT/FIRST/...	folders and results as of a single patch
 *	OUT/SECOND/...
 */
#ifndef LPBUILD_STACK_H
#define LPBUILD_STACK_H

#include "lpbuild/target.h"
#include "lpbuild/work.h"

/* NAMES and DIFFS in the order in which they are applied. Reports each patch on stdout when it is
 * made; with JSON all in one document, at the end. */
struct lp_err *lp_stack_make(struct lp_work *work, const struct lp_strs *names,
			     const struct lp_strs *diffs, const char *out,
			     const struct lp_target *target, bool json) LP_MUST_CHECK;

#endif
