/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what a recipe builds with is installed. lpbuild installs nothing itself. */
#ifndef LPBUILD_PACKAGES_H
#define LPBUILD_PACKAGES_H

#include "lpbuild/work.h"

/* An error that names the programs of the recipe that are not there, and how to get them. */
struct lp_err *lp_packages_check(struct lp_work *work) LP_MUST_CHECK;

/* Adds to ERR the apt-get line for the recipe's packages that this machine lacks, if any. */
struct lp_err *lp_packages_advise(struct lp_work *work, struct lp_err *err);

#endif
