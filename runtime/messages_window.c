/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What is asked while a client keeps the other threads stopped: CONTEXTS, COMMIT, ABORT. */
#include "runtime/messages.h"

#include <time.h>

#include "runtime/contexts.h"

static uint64_t now_ns(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

bool sb_serve_contexts(struct sb_request *rq)
{
	size_t reply = sb_request_begin(rq), field = sb_field_begin(rq->out);
	struct sb_context_iter it = { 0 };
	struct wire_context context;

	if (rq->core->txn.by.connection == rq->owner) {
		rq->core->txn.rest_ns = now_ns();
		rq->core->watch.next = 0;
	}
	while (sb_context_next(rq->core->writer.mem_fd, &it, &context)) {
		if (rq->out->len - reply > WIRE_MAX_REPLY - sizeof(context)) {
			rq->out->len = reply;
			return sb_fail(&rq->err, SB_FAILED, "too many coroutines for one reply");
		}
		sb_buf_append(rq->out, &context, sizeof(context));
	}
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static bool check_owner(struct sb_request *rq)
{
	const struct sb_txn *txn = &rq->core->txn;

	if (txn->state != SB_TXN_IDLE && txn->by.connection == rq->owner)
		return true;
	return sb_fail(&rq->err, SB_USAGE, "this connection has opened no transaction");
}

/* The newest N of those that are not applied have just been reverted. */
static void note_replaced(struct sb_request *rq, uint32_t n)
{
	const struct sb_patch *p = rq->core->checked.newest;
	struct sb_about about = rq->about;

	for (; n && p; n--, p = p->older) {
		sb_request_about(&about, p->name, p->build_id);
		sb_log_change(&rq->core->log, rq->peer, "reverted", &about);
	}
}

bool sb_serve_commit(struct sb_request *rq)
{
	struct sb_txn *txn = &rq->core->txn;
	uint32_t n_applied = rq->core->patches.n;
	bool is_apply = txn->state == SB_TXN_APPLYING, replaces;

	if (!check_owner(rq))
		return false;
	if (!txn->rest_ns)
		txn->rest_ns = now_ns();
	replaces = is_apply && txn->patch->replaces;
	sb_request_about(&rq->about, txn->patch->name, txn->patch->build_id);
	if (!sb_txn_commit_quiet(rq->core, rq->peer->pid, &rq->err))
		return false;
	sb_reply_end(rq->out, sb_request_begin(rq));
	rq->about.has_stop = true;
	rq->about.stop_us = (now_ns() - txn->rest_ns) / 1000;
	if (replaces)
		note_replaced(rq, n_applied);
	sb_request_note(rq, is_apply ? "applied" : "reverted");
	return true;
}

bool sb_serve_abort(struct sb_request *rq)
{
	const struct sb_patch *patch = rq->core->txn.patch;

	if (!check_owner(rq))
		return false;
	sb_request_about(&rq->about, patch->name, patch->build_id);
	sb_txn_abort(rq->core);
	sb_reply_end(rq->out, sb_request_begin(rq));
	return true;
}
