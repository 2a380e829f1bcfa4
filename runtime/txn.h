/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One change at a time: prepare (slow, may fail, changes nothing that runs), then commit (in
 * the window, all or nothing) or abort.
 *
 *	IDLE --prepare--> APPLYING or REMOVING --commit or abort--> IDLE
 *
 * A commit leaves what must be cleaned up to sb_txn_tidy(), which runs after the reply is sent.
 */
#ifndef SANDBOX_TXN_H
#define SANDBOX_TXN_H

#include <sys/types.h>

#include "runtime/error.h"
#include "runtime/patch.h"

struct sb_core;

enum sb_txn_state { SB_TXN_IDLE, SB_TXN_APPLYING, SB_TXN_REMOVING };

struct sb_txn {
	enum sb_txn_state state;
	const void *owner;	   /* the connection that opened it */
	struct sb_patch *patch;	   /* what is applied or removed */
	struct sb_patch *trash;	   /* patches that are in no list any more, linked by `older` */
	struct sb_patch *replaced; /* what `ended` took the place of, the newest first */
	/* A transaction that is over, whose post hook is still to run: exactly once for each that
	 * was opened, which means that its pre hook did not veto. */
	const struct sb_patch *ended;
	enum sb_hook post;
	int rc; /* for the hook: 0, or why nothing has changed */
	/* Why the payload of the last apply is not trusted, where that is no reason to refuse it;
	 * else its text is empty. */
	struct sb_error warning;
};

/* Prepares the payload and asks its preapply hook, after the prerevert hooks of those that it
 * replaces. A patch that is applied already gives true with
 * *RET_ALREADY set and opens no transaction. */
bool sb_txn_apply(struct sb_core *core, const void *owner, const uint8_t *file, size_t size,
		  struct sb_patch **ret, bool *ret_already, struct sb_error *err);
/* The same for a removal. KEY is a name or build-id in hex. */
bool sb_txn_remove(struct sb_core *core, const void *owner, const char *key, size_t len,
		   struct sb_patch **ret, struct sb_error *err);
/* In the window. Busy leaves the transaction open, any other failure ends it. */
bool sb_txn_commit_quiet(struct sb_core *core, pid_t tracer, struct sb_error *err);
void sb_txn_abort(struct sb_core *core);
/* Runs the post hook of the last transaction and frees what it left over. */
void sb_txn_tidy(struct sb_core *core);

#endif
