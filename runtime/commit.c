/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/commit.h"

#include <errno.h>
#include <poll.h>

#include "runtime/hooks.h"
#include "runtime/latch.h"
#include "runtime/quiet.h"
#include "runtime/swap.h"
#include "runtime/sys.h"

SB_QUIET static bool all_stopped_quiet(struct sb_core *core, pid_t tracer, struct sb_error *err)
{
	pid_t running;

	if (sb_all_stopped_quiet(core->task_fd, &core->watch, core->listener, tracer, &running))
		return true;
	return sb_fail_quiet(err, SB_BUSY, "thread ", (uint64_t)running,
			     " is not stopped by this client");
}

/*
 * Has the client kept the threads, whom all_stopped_quiet() has found stopped? That would cost some
 * microseconds a thread again; this is one system call. A client that lives lets none go before it
 * has shut down its end (docs/protocol.md), and of one that dies the kernel closes the
 * files first: do_exit() comes to exit_files() before exit_notify().
 */
SB_QUIET static bool still_stopped_quiet(const struct sb_core *core, struct sb_error *err)
{
	struct pollfd fd = { .fd = core->txn.by.fd, .events = POLLRDHUP };

	if (fd.fd < 0 || !sb_sys(SYS_poll, (uint64_t)(uintptr_t)&fd, 1, 0, 0))
		return true;
	return sb_fail_quiet(err, SB_BUSY, "the client has left with ", core->txn.latch->n,
			     " functions closed; they are as they were");
}

SB_QUIET static int exchange_quiet(struct sb_core *core, uint32_t *ret_at)
{
	const struct sb_patch *patch = core->txn.patch;
	int rc;

	if (core->txn.state == SB_TXN_REVERTING)
		return sb_exchange_quiet(&core->writer, patch, SB_TAKE_OUT, ret_at);
	if (!patch->replaces)
		return sb_exchange_quiet(&core->writer, patch, SB_PUT_IN, ret_at);
	rc = sb_swap_out_quiet(&core->writer, &core->patches);
	if (rc)
		return rc;
	rc = sb_exchange_quiet(&core->writer, patch, SB_PUT_IN, ret_at);
	if (rc && !sb_swap_back_quiet(&core->writer, &core->patches))
		rc = -ENOTRECOVERABLE;
	return rc;
}

/* With all entries closed, so that from some point on it is done even if the threads run. Without
 * /proc/self/mem a page that is written can't be executed, and nothing is gained. */
SB_QUIET static int write_quiet(struct sb_core *core, uint32_t *ret_at, struct sb_error *err)
{
	struct sb_writer *writer = &core->writer;
	struct sb_latch *latch = core->txn.latch;
	int rc;

	if (writer->way != SB_WAY_MEM)
		return exchange_quiet(core, ret_at);
	rc = sb_latch_close_quiet(latch, writer->mem_fd);
	if (rc)
		return rc;
	writer->heads_closed = true;
	rc = still_stopped_quiet(core, err) ? exchange_quiet(core, ret_at) : SB_NOT_STOPPED;
	writer->heads_closed = false;
	sb_latch_open_quiet(latch, writer->mem_fd, !rc);
	sb_latch_release_quiet(latch, rc != SB_NOT_STOPPED && still_stopped_quiet(core, err));
	return rc;
}

SB_QUIET static int check_quiet(const struct sb_core *core, uint32_t *ret_at)
{
	const struct sb_patch *patch = core->txn.patch;

	if (core->txn.state == SB_TXN_REVERTING)
		return sb_check_quiet(&core->writer, patch, SB_TAKE_OUT, ret_at);
	if (patch->replaces)
		return sb_latch_check_quiet(core->txn.latch, ret_at);
	return sb_check_quiet(&core->writer, patch, SB_PUT_IN, ret_at);
}

/*
 * Load hooks, and unload hooks of what is replaced, run before anything is written, because they
 * may call what is then closed. They are the author's code: they may have taken so long that the
 * client let the threads go. What they did is undone by their counterparts when nothing is written
 * after all.
 */
SB_QUIET static int put_in_quiet(struct sb_core *core, pid_t tracer, uint32_t *ret_at,
				 struct sb_error *err)
{
	const struct sb_patch *patch = core->txn.patch;
	uint32_t ran = patch->hooks[SB_LOAD].n;
	int rc;

	if (patch->replaces)
		ran += sb_swap_unload_quiet(&core->patches);
	sb_hooks_run_quiet(patch, SB_LOAD);
	rc = ran && !all_stopped_quiet(core, tracer, err) ? SB_NOT_STOPPED
							  : write_quiet(core, ret_at, err);
	if (!rc)
		return 0;
	sb_hooks_run_quiet(patch, SB_UNLOAD);
	if (patch->replaces)
		sb_swap_load_quiet(&core->patches);
	return rc;
}

SB_QUIET static int take_out_quiet(struct sb_core *core, uint32_t *ret_at, struct sb_error *err)
{
	int rc = write_quiet(core, ret_at, err);

	if (!rc)
		sb_hooks_run_quiet(core->txn.patch, SB_UNLOAD);
	return rc;
}

SB_QUIET int sb_commit_quiet(struct sb_core *core, pid_t tracer, uint32_t *ret_at,
			     struct sb_error *err)
{
	int rc;

	if (!all_stopped_quiet(core, tracer, err))
		return SB_NOT_STOPPED;
	rc = check_quiet(core, ret_at);
	if (rc)
		return rc;
	if (core->txn.state == SB_TXN_APPLYING)
		return put_in_quiet(core, tracer, ret_at, err);
	return take_out_quiet(core, ret_at, err);
}
