/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the executable made of the objects that were built? Asked once for each build. */
#ifndef LPBUILD_VERIFY_H
#define LPBUILD_VERIFY_H

#include "lpbuild/target.h"
#include "lpbuild/work.h"

/* Compares all functions of the original objects with TARGET; what was found is one line, kept in
 * log/verify.log. */
struct lp_err *lp_verify(struct lp_work *work, const struct lp_target *target,
			 const char **ret) LP_MUST_CHECK;
/* The same for the executable in 1-original: what the file "verified" says, which is made when it
 * is not there. */
struct lp_err *lp_verify_original(struct lp_work *work, const char **ret) LP_MUST_CHECK;

#endif
