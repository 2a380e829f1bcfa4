/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Applying and removing: open the transaction, stop after stop until the moment is safe or
 * the operator's patience ends, and an error that names who is in the way.
 */
#ifndef LP_CHANGE_H
#define LP_CHANGE_H

#include "raxlpxs/client.h"

struct lp_change {
	u16 message; /* WIRE_APPLY or WIRE_REMOVE */
	const void *data;
	size_t len;
	u32 wait; /* seconds */
};

struct lp_change_result {
	bool already; /* there was nothing to do */
	struct wire_patch patch;
	u64 stopped; /* ns, the stop that did it */
	u64 longest; /* ns, the longest of all stops */
	u64 waited;  /* ns from the first stop to the end */
	u32 attempts;
	char warning[WIRE_MAX_TEXT +
		     1]; /* about the payload's signature; empty when there is none */
};

struct lp_err *lp_change(struct lp_arena *arena, struct lp_client *client,
			 const struct lp_change *change,
			 struct lp_change_result *ret) LP_MUST_CHECK;

/* A payload file, whole; what is plainly none is refused here. */
struct lp_err *lp_change_read(struct lp_arena *arena, const char *path, u8 **ret,
			      size_t *ret_len) LP_MUST_CHECK;

#endif
