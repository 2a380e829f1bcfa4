/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAME.html: `lpbuild review` writes it, and each build with --review. */
#ifndef LPBUILD_PAGE_H
#define LPBUILD_PAGE_H

#include "lib/vec.h"
#include "lpbuild/target.h"
#include "review/review.h"

/* What is looked at: `target.path` may be NULL. */
struct lp_page {
	const char *file;
	struct lp_target target;
	const struct lp_strs *below; /* payloads, the lowest first */
	const struct lp_strs *keys;  /* files; NULL: nobody asks who has signed it */
};

/* The rows of PAGE. */
struct lp_err *lp_page_make(struct lp_arena *arena, const struct lp_page *page,
			    struct rv_input *ret_input, struct rv_doc *ret) LP_MUST_CHECK;
/* The same as a file at PATH. */
struct lp_err *lp_page_write(struct lp_arena *arena, const struct lp_page *page,
			     const char *path) LP_MUST_CHECK;

#endif
