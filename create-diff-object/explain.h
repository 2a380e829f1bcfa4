/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why an item is in the output, or why it can't be: for people. */
#ifndef CDO_EXPLAIN_H
#define CDO_EXPLAIN_H

#include "create-diff-object/diff.h"

struct cdo_version {	    /* of what differs */
	const char *source; /* "file.c:12"; "no line table" */
	const char *code;   /* the instruction */
};

struct cdo_explanation {
	const char *part; /* the cold part, when the difference is there; else NULL */
	u64 off;	  /* of the first difference, in the new code */
	bool is_whole;	  /* there is no one place: OFF and both versions mean nothing */
	const char *why;
	struct cdo_version old, new; /* NULL for data, and if not asked for */
};

/* Why ITEM of the patched object has changed; HAS_VERSIONS: with both versions of the place. */
void cdo_explain(struct cdo_diff *diff, u32 item, bool has_versions, struct cdo_explanation *ret);
/* The same in one line: `first difference +0x1c: constant 4 instead of 3`. */
const char *cdo_text_of_why(struct cdo_diff *diff, u32 item);
/* Per item of the patched object that is new: the names of those that refer to it. */
struct lp_strs *cdo_find_users(const struct cdo_diff *diff);
/* `used by 'f', 'g'`. */
const char *cdo_text_of_users(const struct cdo_diff *diff, const struct lp_strs *users);

#endif
