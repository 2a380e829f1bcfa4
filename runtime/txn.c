/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Transactions; see txn.h. sb_txn_commit_quiet() is the whole of what happens in the window. */
#include "runtime/txn.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/commit.h"
#include "runtime/core.h"
#include "runtime/hooks.h"
#include "runtime/latch.h"
#include "runtime/swap.h"
#include "runtime/sys.h"

bool sb_txn_check_idle(const struct sb_core *core, struct sb_error *err)
{
	const struct sb_txn *txn = &core->txn;

	return txn->state == SB_TXN_IDLE ||
	       sb_fail(err, SB_BUSY, "process %d is changing patch '%s'; try again",
		       (int)txn->by.pid, txn->patch->name);
}

/* Who stops the threads is asked by their ids: a /proc of another pid namespace has others. */
static bool check_proc(const struct sb_core *core, struct sb_error *err)
{
	char main_thread[16];
	struct stat st;

	snprintf(main_thread, sizeof(main_thread), "%d", (int)getpid());
	return !fstatat(core->task_fd, main_thread, &st, 0) ||
	       sb_fail(err, SB_REFUSED,
		       "/proc of this process does not show its threads by their ids: it is that "
		       "of another pid namespace; start the program with one of its own");
}

bool sb_txn_open(struct sb_core *core, const struct sb_client *by, enum sb_txn_state state,
		 struct sb_patch *patch, struct sb_error *err)
{
	if (!check_proc(core, err))
		return false;
	core->txn.latch = sb_latch_prepare(&core->patches, patch, state == SB_TXN_APPLYING, err);
	if (!core->txn.latch)
		return false;
	core->txn.state = state;
	core->txn.by = *by;
	core->txn.patch = patch;
	core->txn.rest_ns = 0;
	sb_watch_open(&core->watch, core->task_fd, core->listener);
	return true;
}

static void drop_window(struct sb_core *core)
{
	sb_latch_destroy(core->txn.latch);
	core->txn.latch = NULL;
	sb_watch_close(&core->watch);
}

void sb_txn_forget(struct sb_core *core)
{
	drop_window(core);
	core->txn = (struct sb_txn){ .state = SB_TXN_IDLE };
}

SB_QUIET static bool write_failed_quiet(const struct sb_patch *patch, int rc, uint32_t at,
					struct sb_error *err)
{
	if (rc == -ESTALE && at >= patch->n_funcs)
		return sb_fail_quiet(err, SB_FAILED, "table ", at - patch->n_funcs,
				     " of the patch was changed by somebody else; nothing written");
	if (rc == -ESTALE)
		return sb_fail_quiet(err, SB_FAILED, "the entry of function ", at,
				     " of the patch was changed by somebody else; nothing written");
	return sb_fail_quiet(err, SB_FAILED, "writing failed with error ", (uint64_t)-rc,
			     "; all old bytes were put back");
}

SB_QUIET static bool replace_failed_quiet(int rc, struct sb_error *err)
{
	if (rc != -ENOTRECOVERABLE)
		return sb_fail_quiet(err, SB_FAILED, "exchanging all patches failed with error ",
				     (uint64_t)-rc, "; those that were applied still are");
	return sb_fail_quiet(err, SB_FAILED, "exchanging all patches failed with error ",
			     (uint64_t)-rc, "; not all of those that were applied are in again");
}

SB_QUIET static void end_quiet(struct sb_txn *txn, int rc)
{
	txn->ended = txn->patch;
	txn->post = txn->state == SB_TXN_APPLYING ? SB_POSTAPPLY : SB_POSTREVERT;
	txn->rc = rc;
	txn->state = SB_TXN_IDLE;
	txn->by = (struct sb_client){ 0 };
	txn->patch = NULL;
}

SB_QUIET static void to_stack_quiet(struct sb_core *core, struct sb_patch *patch, uint64_t now)
{
	sb_patches_unlink(&core->checked, patch);
	sb_patches_push(&core->patches, patch);
	patch->state = WIRE_APPLIED;
	patch->transient_of = NULL;
	patch->since = now;
}

/* What its code has done to its data stays done. */
SB_QUIET static void from_stack_quiet(struct sb_core *core, struct sb_patch *patch, uint64_t now)
{
	sb_patches_unlink(&core->patches, patch);
	sb_patches_push(&core->checked, patch);
	patch->state = WIRE_CHECKED;
	patch->since = now;
	patch->is_used = patch->spans[SB_DATA].used != 0;
	patch->is_pinned = patch->pins;
}

/* All bytes are written: the lists follow. */
SB_QUIET static void move_quiet(struct sb_core *core)
{
	struct sb_patch *patch = core->txn.patch;
	struct timespec ts = { 0 };
	uint64_t now;

	(void)sb_sys(SYS_clock_gettime, CLOCK_REALTIME, (uint64_t)(uintptr_t)&ts, 0, 0);
	now = (uint64_t)ts.tv_sec;
	if (core->txn.state == SB_TXN_REVERTING) {
		from_stack_quiet(core, patch, now);
		return;
	}
	while (patch->replaces && core->patches.newest)
		from_stack_quiet(core, core->patches.newest, now);
	to_stack_quiet(core, patch, now);
}

SB_QUIET bool sb_txn_commit_quiet(struct sb_core *core, pid_t tracer, struct sb_error *err)
{
	struct sb_txn *txn = &core->txn;
	uint32_t at = 0;
	int rc = sb_commit_quiet(core, tracer, &at, err);

	if (rc == SB_NOT_STOPPED)
		return false;
	if (!rc)
		move_quiet(core);
	else if (txn->state == SB_TXN_APPLYING && txn->patch->replaces)
		replace_failed_quiet(rc, err);
	else
		write_failed_quiet(txn->patch, rc, at, err);
	end_quiet(txn, rc);
	return !rc;
}

SB_QUIET void sb_txn_abort(struct sb_core *core)
{
	if (core->txn.state != SB_TXN_IDLE)
		end_quiet(&core->txn, -ECANCELED);
}

void sb_txn_tidy(struct sb_core *core)
{
	const struct sb_patch *ended = core->txn.ended;

	core->txn.ended = NULL;
	if (!ended)
		return;
	drop_window(core);
	sb_swap_tell(&core->patches, &core->checked, core->txn.rc);
	sb_hooks_after(ended, core->txn.post, core->txn.rc);
}
