/* SPDX-License-Identifier: GPL-2.0-or-later */
/* livepatch.h, which an author may include in the patched source, and only there. */
#ifndef LPBUILD_HEADER_H
#define LPBUILD_HEADER_H

#include "lpbuild/work.h"

/*
 * From here on compilers that WORK starts find <livepatch.h>, after what their own options
 * name. No command changes, so that nothing else is compiled again. PATHS are the patched files:
 * nothing is done when none of them includes it.
 */
struct lp_err *lp_header_offer(struct lp_work *work, const struct lp_strs *paths) LP_MUST_CHECK;

#endif
