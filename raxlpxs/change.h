/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Applying and reverting: open the transaction, stop after stop until the moment is safe or
 * the operator's patience ends, and an error that names who is in the way.
 */
#ifndef LP_CHANGE_H
#define LP_CHANGE_H

#include "raxlpxs/client.h"

struct lp_change {
	u16 message;	/* WIRE_APPLY or WIRE_REVERT */
	const char *id; /* build-id in hex */
	u32 flags;	/* of the message */
	u32 wait;	/* seconds */
};

enum lp_storing { LP_STORED_NOT, LP_STORED_NOW, LP_STORED_BEFORE };

struct lp_change_result {
	bool already; /* there was nothing to do */
	struct wire_patch patch;
	u64 stopped;			 /* ns, the stop that did it */
	u64 longest;			 /* ns, the longest of all stops */
	u64 waited;			 /* ns from the first stop to the end */
	u64 took;			 /* ns from connect() to the last answer */
	u32 attempts;			 /* 0: there was no stop */
	u32 n_kernel;			 /* threads that never leave the kernel: not stopped */
	char warning[2 * WIRE_MAX_TEXT]; /* what else to know; empty: nothing */
	const u8 *image;		 /* of an upload: the payload */
	size_t image_len;
	enum lp_storing stored; /* for the next start */
	u32 n_forgotten;	/* others that were stored and are not any more */
};

/* A call that another client's transaction may be in the way of: that is waited for. */
struct lp_err *lp_change_call(struct lp_client *client, u16 message, const struct lp_field *fields,
			      size_t n, u64 deadline, struct lp_reply *ret) LP_MUST_CHECK;
/* Field IDX of REPLY as the one patch that it must hold. */
struct lp_err *lp_change_patch(struct lp_client *client, struct lp_arena *arena,
			       const struct lp_reply *reply, size_t idx,
			       struct wire_patch *ret) LP_MUST_CHECK;

/* Opens the transaction and gives it up: everything but the stop. A second of looking at the
 * threads instead tells of one that never leaves what would change. */
struct lp_err *lp_change_check(struct lp_arena *arena, struct lp_client *client,
			       const struct lp_change *change,
			       struct lp_change_result *ret) LP_MUST_CHECK;
struct lp_err *lp_change(struct lp_arena *arena, struct lp_client *client,
			 const struct lp_change *change,
			 struct lp_change_result *ret) LP_MUST_CHECK;

#endif
