/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of both objects: which ones have changed their layout. Memory of the running program
 * was filled by the old one, and code of other objects goes on using it.
 */
#ifndef CDO_LAYOUT_H
#define CDO_LAYOUT_H

#include "create-diff-object/diff.h"

/* Fills in types and layouts of DIFF; does nothing when no function is changed or new. */
struct lp_err *cdo_compare_types(struct cdo_diff *diff) LP_MUST_CHECK;
/* Why types could not be compared, NULL when they were or there was no need. */
const char *cdo_unchecked_types(const struct cdo_diff *diff);

#endif
