/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program with the keys of --trust: the objects of the original, linked once more with another
 * runtime archive, in a folder of its own. The executable without keys and those with others stay
 * as they are.
 */
#ifndef LPBUILD_TRUSTING_H
#define LPBUILD_TRUSTING_H

#include "lpbuild/work.h"

/* Links it, unless it is there and has the keys and the runtime of today. The original must be
 * complete. */
struct lp_err *lp_trusting_make(struct lp_work *work) LP_MUST_CHECK;

const char *lp_trusting_target(const struct lp_work *work);

#endif
