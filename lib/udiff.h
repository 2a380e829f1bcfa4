/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unified diffs, as git, diff and quilt write them, read strictly: what patch(1) would
 * guess about is an error here. Only the shape is kept (which files, which hunks); the
 * text is applied by patch(1).
 */
#ifndef LP_UDIFF_H
#define LP_UDIFF_H

#include "lib/err.h"
#include "lib/vec.h"

#define LP_UDIFF_MAX_SIZE ((size_t)16 << 20)

enum lp_udiff_kind {
	LP_UDIFF_MODIFY,
	LP_UDIFF_ADD, /* a new file, or a copy of another */
	LP_UDIFF_DELETE,
	LP_UDIFF_RENAME, /* perhaps with hunks */
};

struct lp_udiff_hunk {
	u32 line; /* of the "@@" in the diff, from 1 */
	u32 old_start, old_n;
	u32 new_start, new_n;
};

struct lp_udiff_file {
	enum lp_udiff_kind kind;
	const char *old_path; /* as written, with its a/; NULL for LP_UDIFF_ADD */
	const char *new_path; /* NULL for LP_UDIFF_DELETE */
	LP_VEC(struct lp_udiff_hunk) hunks;
};

struct lp_udiff {
	const char *name; /* of the diff, for messages */
	LP_VEC(struct lp_udiff_file) files;
};

/* Reads TEXT (LEN bytes and a NUL). Messages say NAME and line. A diff without a file is an error.
 */
struct lp_err *lp_udiff_parse(struct lp_arena *arena, const char *name, const char *text,
			      size_t len, struct lp_udiff *ret) LP_MUST_CHECK;

/* PATH without its first STRIP components; NULL when it has too few. */
const char *lp_udiff_strip(const char *path, u32 strip);

/*
 * The strip level that fits the source tree ROOT: 1 for the a/ and b/ of git, else the
 * first of 0..3 at which every file that the diff changes is there.
 */
struct lp_err *lp_udiff_level(struct lp_arena *arena, const struct lp_udiff *diff, const char *root,
			      u32 *ret) LP_MUST_CHECK;

#endif
