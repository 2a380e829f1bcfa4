/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the source comes from: a folder, or Debian's source package. */
#ifndef LPBUILD_SOURCE_H
#define LPBUILD_SOURCE_H

#include "lpbuild/work.h"

/*
 * Says which source it is, in a string that differs whenever the source does. For a package it
 * is downloaded now, if need be, and WORK->dsc is set; for a folder names, sizes and times count.
 */
struct lp_err *lp_source_identify(struct lp_work *work, const char **ret) LP_MUST_CHECK;

/* Puts the source into WORK->src, which must not exist. */
struct lp_err *lp_source_place(struct lp_work *work) LP_MUST_CHECK;

#endif
