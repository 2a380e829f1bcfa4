/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The executable that a patch is for. */
#ifndef LPBUILD_TARGET_H
#define LPBUILD_TARGET_H

#include "extract-patch/debugfile.h"

struct lp_target {
	const char *path;
	struct ep_debug debug;
};

/* Whoever says where the symbols are must say of what. */
struct lp_err *lp_target_check(const struct lp_target *target) LP_MUST_CHECK;

#define LP_TARGET_ARGS 5 /* at most */

/* Adds what extract-patch is given for TARGET to ARGV, which has N; how many it has then. */
size_t lp_target_args(const struct lp_target *target, const char **argv, size_t n);
/* The same file and places, from the root. */
struct lp_err *lp_target_absolute(struct lp_arena *arena, struct lp_target *target) LP_MUST_CHECK;

#endif
