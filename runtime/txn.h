/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The transaction in which a patch goes in or out: opened once everything is prepared (states.h),
 * then committed in the window, all or nothing, or aborted. There is one at a time.
 *
 *	IDLE --open--> APPLYING or REVERTING --commit or abort--> IDLE
 *
 * A commit leaves what may take time to sb_txn_tidy(), which runs after the reply is sent.
 */
#ifndef SANDBOX_TXN_H
#define SANDBOX_TXN_H

#include <sys/types.h>

#include "runtime/error.h"
#include "runtime/patch.h"

struct sb_core;

enum sb_txn_state { SB_TXN_IDLE, SB_TXN_APPLYING, SB_TXN_REVERTING };

struct sb_client {
	const void *connection;
	pid_t pid;
	int fd; /* of the connection; -1: nobody can leave (tests) */
};

struct sb_txn {
	enum sb_txn_state state;
	struct sb_client by;	/* who opened it */
	struct sb_patch *patch; /* what is applied or reverted */
	struct sb_latch *latch;
	/* A transaction that is over, whose post hook is still to run: exactly once for each that
	 * was opened, which means that its pre hook did not veto. */
	const struct sb_patch *ended;
	enum sb_hook post;
	int rc; /* for the hook: 0, or why nothing has changed */
	/* When the client last asked for the coroutines, as it does once all threads rest;
	 * CLOCK_MONOTONIC, 0: not yet. */
	uint64_t rest_ns;
};

/* False, with who is at it, while a transaction is open. */
bool sb_txn_check_idle(const struct sb_core *core, struct sb_error *err);
/* Opens one to apply PATCH, or to revert it. */
bool sb_txn_open(struct sb_core *core, const struct sb_client *by, enum sb_txn_state state,
		 struct sb_patch *patch, struct sb_error *err);
/* As if it had not been opened: a hook has vetoed. */
void sb_txn_forget(struct sb_core *core);
/* In the window. Busy leaves the transaction open, any other failure ends it. */
bool sb_txn_commit_quiet(struct sb_core *core, pid_t tracer, struct sb_error *err);
void sb_txn_abort(struct sb_core *core);
/* Runs the post hook of the last transaction, and those of the patches that it has replaced. */
void sb_txn_tidy(struct sb_core *core);

#endif
