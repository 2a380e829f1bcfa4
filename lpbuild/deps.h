/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which objects of the target depend on which file of the source, as ninja knows it once
 * everything is built, kept in a file: asking ninja about all 1,160 objects of QEMU takes three
 * times as long as compiling one.
 */
#ifndef LPBUILD_DEPS_H
#define LPBUILD_DEPS_H

#include "lpbuild/work.h"

/* Writes the files `deps` and `commands` of the work folder from a complete build. */
struct lp_err *lp_deps_make(struct lp_work *work) LP_MUST_CHECK;

struct lp_deps {
	struct lp_strs all; /* objects of the target, relative to where ninja runs */
	struct lp_strs hit; /* those that depend on one of the files */
	bool is_exact;	    /* false: a generator or the build's description reads one of the
			       files, so that any object may change */
};

/* Looks PATHS (relative to the source) up in that file. */
struct lp_err *lp_deps_find(struct lp_work *work, const struct lp_strs *paths,
			    struct lp_deps *ret) LP_MUST_CHECK;

/* The objects of the target as the build describes them now. */
struct lp_err *lp_deps_objects(struct lp_work *work, struct lp_strs *ret) LP_MUST_CHECK;

#endif
