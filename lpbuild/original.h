/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stage 1: the program as it runs, built with the runtime. */
#ifndef LPBUILD_ORIGINAL_H
#define LPBUILD_ORIGINAL_H

#include "lpbuild/work.h"

/*
 * Makes 1-original complete: does nothing when it is, links again when only the runtime is
 * another one, goes on where an interrupted build was. With --trust the executable with the keys is
 * linked, too.
 */
struct lp_err *lp_original_make(struct lp_work *work) LP_MUST_CHECK;

/* The executable in 1-original, or the one with the keys of --trust. */
const char *lp_original_target(const struct lp_work *work);

#endif
