/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running ninja in the tree that the compiler sees, and learning what it did. */
#ifndef LPBUILD_NINJA_H
#define LPBUILD_NINJA_H

#include "lpbuild/work.h"

/*
 * Builds TARGETS of the build file FILE (NULL: the program's own). Shows ninja's count of finished
 * steps. An error begins with WHAT ("cannot compile the patched source") and shows the compiler's
 * lines.
 */
struct lp_err *lp_ninja_build(struct lp_work *work, const char *file, const struct lp_strs *targets,
			      const char *what) LP_MUST_CHECK;

/* The output of `ninja -t TOOL ARGS...`. */
struct lp_err *lp_ninja_tool(struct lp_work *work, const char *tool, const char *const *args,
			     size_t n_args, char **ret, size_t *ret_len) LP_MUST_CHECK;

/*
 * What ninja has built since 1-original was taken, from its log; relative to where it runs.
 * *RET_IS_ALL is set, and the list empty, when the log does not tell.
 */
struct lp_err *lp_ninja_built(struct lp_work *work, struct lp_strs *ret,
			      bool *ret_is_all) LP_MUST_CHECK;

#endif
