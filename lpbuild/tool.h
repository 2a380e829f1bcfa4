/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other tools of the project, which lie beside this one and speak its error idiom. */
#ifndef LPBUILD_TOOL_H
#define LPBUILD_TOOL_H

#include "lib/err.h"
#include "lib/vec.h"

/* The path of the tool NAME. */
struct lp_err *lp_tool_path(struct lp_arena *arena, const char *name,
			    const char **ret) LP_MUST_CHECK;

/*
 * The error that a tool reported: STATUS becomes the code, and the "error:", "rule:" and
 * "advice:" lines of its log become those of the error. NAME is for a tool that said nothing.
 */
struct lp_err *lp_tool_error(struct lp_arena *arena, const char *name, const char *log,
			     int status) LP_MUST_CHECK;

#endif
