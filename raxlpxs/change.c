/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/change.h"

#include <string.h>

#include "raxlpxs/busy.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/denied.h"
#include "raxlpxs/ids.h"
#include "raxlpxs/predict.h"
#include "raxlpxs/window.h"

#define PREPARE_TIMEOUT (60 * LP_S) /* placing, relocating and checking 16 MiB on a busy host */
#define ABORT_TIMEOUT	(2 * LP_S)
#define BACKOFF_FIRST	(1 * LP_MS)
#define BACKOFF_LAST	(100 * LP_MS)

struct opened { /* what the runtime said when it opened the transaction */
	u32 flags;
	u32 listener;
	struct lp_ranges ranges;
};

/* Of a replaced function only the entry is rewritten; code of a patch that goes out may vanish. */
static bool reverts(const struct lp_change *change, const struct wire_patch *patch)
{
	return change->message == WIRE_REVERT || change->flags & WIRE_REPLACE ||
	       patch->flags & WIRE_PATCH_CUMULATIVE;
}

static struct lp_err *parse_opened(struct lp_arena *arena, struct lp_client *client,
				   const struct lp_change *change, const struct lp_reply *reply,
				   struct wire_patch *patch, struct opened *ret)
{
	void *data;
	size_t n;

	LP_TRY(lp_reply_u32(client, reply, 0, &ret->flags));
	LP_TRY(lp_reply_u32(client, reply, 1, &ret->listener));
	LP_TRY(lp_change_patch(client, arena, reply, 2, patch));
	if (ret->flags & WIRE_ALREADY)
		return NULL;
	LP_TRY(lp_reply_array(client, arena, reply, 3, sizeof(struct wire_range), &data, &n));
	if (!n && !patch->n_funcs) /* tables or hooks alone: nobody can be in the way */
		return NULL;
	if (!lp_ranges_init(&ret->ranges, data, n, reverts(change, patch)))
		return lp_client_error(client, LP_IO_BROKEN);
	return NULL;
}

static u64 twice(u64 value, u64 most)
{
	return value < most / 2 ? value * 2 : most;
}

struct lp_err *lp_change_call(struct lp_client *client, u16 message, const struct lp_field *fields,
			      size_t n, u64 deadline, struct lp_reply *ret)
{
	u64 pause = BACKOFF_FIRST;

	for (;;) {
		struct lp_err *err =
			lp_client_call(client, message, fields, n, PREPARE_TIMEOUT, ret);

		if (!err || lp_err_code(err) != LP_BUSY || !lp_left(deadline))
			return err;
		lp_err_destroy(err);
		struct timespec ts = { .tv_nsec = (long)pause };
		nanosleep(&ts, NULL);
		pause = twice(pause, BACKOFF_LAST);
	}
}

struct lp_err *lp_change_patch(struct lp_client *client, struct lp_arena *arena,
			       const struct lp_reply *reply, size_t idx, struct wire_patch *ret)
{
	void *data;
	size_t n;

	LP_TRY(lp_reply_array(client, arena, reply, idx, sizeof(*ret), &data, &n));
	if (n != 1)
		return lp_client_error(client, LP_IO_BROKEN);
	memcpy(ret, data, sizeof(*ret));
	lp_ids_clean(ret);
	return NULL;
}

static struct lp_err *open_transaction(struct lp_arena *arena, struct lp_client *client,
				       const struct lp_change *change, u64 deadline,
				       struct lp_change_result *result, struct opened *ret)
{
	const struct lp_field fields[] = { { change->id, (u32)strlen(change->id) },
					   { &change->flags, sizeof(change->flags) } };
	struct lp_reply reply;

	LP_TRY(lp_change_call(client, change->message, fields, LP_ARRAY_SIZE(fields), deadline,
			      &reply));
	return parse_opened(arena, client, change, &reply, &result->patch, ret);
}

static struct lp_err *attempt_error(struct lp_arena *arena, struct lp_window *w,
				    const struct lp_attempt *a, const struct lp_change *change)
{
	pid_t pid = w->client->pid;

	switch (a->end) {
	case LP_ATTEMPT_BUSY:
		return lp_busy_trail(lp_busy_error(arena, pid, &w->ranges, &a->busy, change->wait),
				     arena, w->scan.unwind, &a->busy.trail);
	case LP_ATTEMPT_REPLY:
		return lp_reply_error(w->client, &a->reply);
	case LP_ATTEMPT_IO:
		return lp_client_error(w->client, a->io);
	case LP_ATTEMPT_DENIED:
		return lp_denied(arena, pid, a->trouble.tid, a->trouble.error);
	case LP_ATTEMPT_FULL:
		return lp_err(LP_BUSY,
			      "busy: process %d makes threads faster than they can be "
			      "stopped",
			      pid);
	case LP_ATTEMPT_ENDED:
		return lp_err(LP_NOTHING, "process %d has ended", pid);
	case LP_ATTEMPT_DONE:
		break;
	}
	return NULL;
}

/* Between two stops: let latecomers go, hear late answers, get what the next stop needs. */
static struct lp_err *between(struct lp_arena *arena, struct lp_window *w,
			      const struct lp_attempt *a, u64 pause)
{
	struct lp_reply reply;

	lp_window_drain(w, lp_now() + pause);
	if (w->client->awaited) {
		enum lp_io io = lp_client_recv_quiet(w->client, lp_now() + ABORT_TIMEOUT, &reply);

		if (io != LP_IO_OK)
			return lp_client_error(w->client, io);
	}
	if (a->end == LP_ATTEMPT_FULL) {
		pid_t spared = w->threads.spared;

		lp_threads_deinit(&w->threads);
		return lp_threads_init(&w->threads, arena, w->client->pid, spared, w->trace);
	}
	/* Tables anew: libraries may have come since. */
	if (a->busy.kind == LP_BUSY_WORD || (a->busy.kind == LP_BUSY_FRAME && !w->scan.unwind))
		return lp_window_read_tables(w, arena);
	return NULL;
}

/* Says who is inside; "late" and the like only say that this stop told nothing. */
static bool names_code(enum lp_busy_kind kind)
{
	return kind != LP_BUSY_NONE && kind != LP_BUSY_LATE && kind != LP_BUSY_ANSWER &&
	       kind != LP_BUSY_AWAKE;
}

static struct lp_err *stop_until_done(struct lp_arena *arena, struct lp_window *w,
				      const struct lp_change *change, u64 deadline,
				      struct lp_change_result *ret)
{
	u64 start = lp_now(), pause = BACKOFF_FIRST, limit = LP_WINDOW_FIRST;
	struct lp_busy told = { 0 }; /* the last one that names code */
	bool can_unwind = false;
	struct lp_attempt a;

	for (;;) {
		lp_window_attempt(w, limit, &a);
		ret->attempts++;
		ret->stopped = a.stopped;
		ret->n_kernel = a.n_kernel;
		ret->waited = lp_now() - start;
		if (a.stopped > ret->longest)
			ret->longest = a.stopped;
		/* The first word that points into a range costs no patience: look again at once,
		 * able to unwind, and to tell who called whom. */
		bool at_once = lp_busy_is_code(a.busy.kind) && !can_unwind;
		bool again = a.end == LP_ATTEMPT_BUSY || a.end == LP_ATTEMPT_FULL;
		if (names_code(a.busy.kind))
			told = a.busy;
		/* Nor does a stop that was cut short before it told anything. */
		bool cut_short = (a.busy.kind == LP_BUSY_LATE || a.busy.kind == LP_BUSY_ANSWER) &&
				 limit < LP_WINDOW_LIMIT;
		if (!again || (!at_once && !cut_short && !lp_left(deadline))) {
			if (told.kind != LP_BUSY_NONE)
				a.busy = told;
			return attempt_error(arena, w, &a, change);
		}
		/* Jitter, so as not to keep step with a loop of the target. */
		LP_TRY(between(arena, w, &a, at_once ? 0 : pause / 2 + lp_now() % pause));
		can_unwind |= at_once;
		if (!at_once)
			pause = twice(pause, BACKOFF_LAST);
		if (cut_short)
			limit = twice(limit, LP_WINDOW_LIMIT);
	}
}

static void abandon(struct lp_client *client)
{
	struct lp_reply reply;

	/* The runtime forgets the transaction anyway when the connection ends. */
	lp_err_destroy(lp_client_call(client, WIRE_ABORT, NULL, 0, ABORT_TIMEOUT, &reply));
}

/* Busy when a thread stays in what would change. Nobody is stopped to find out. */
static struct lp_err *predict(struct lp_arena *arena, struct lp_client *client,
			      const struct opened *opened)
{
	const struct lp_ranges *ranges = &opened->ranges;
	const struct lp_sighting *stuck = NULL;
	struct lp_sighting *found;
	struct lp_unwind *unwind;
	size_t n;

	if (!ranges->n)
		return NULL;
	LP_TRY(lp_window_unwinder(client, arena, &unwind));
	if (!unwind)
		return NULL;
	struct lp_err *err =
		lp_predict(arena, client->pid, (pid_t)opened->listener, unwind, ranges, &found, &n);
	if (!err)
		stuck = lp_predict_stuck(found, n);
	if (stuck) {
		err = lp_busy_error(arena, client->pid, ranges, &stuck->busy,
				    LP_PREDICT_TIME / LP_S);
		err = lp_busy_trail(err, arena, unwind, &stuck->busy.trail);
	}
	lp_unwind_destroy(unwind);
	return err;
}

struct lp_err *lp_change_check(struct lp_arena *arena, struct lp_client *client,
			       const struct lp_change *change, struct lp_change_result *ret)
{
	struct opened opened = { 0 };

	*ret = (struct lp_change_result){ 0 };
	LP_TRY(open_transaction(arena, client, change, lp_now() + change->wait * LP_S, ret,
				&opened));
	ret->already = opened.flags & WIRE_ALREADY;
	if (ret->already)
		return NULL;
	abandon(client); /* others need not wait for what comes */
	return predict(arena, client, &opened);
}

struct lp_err *lp_change(struct lp_arena *arena, struct lp_client *client,
			 const struct lp_change *change, struct lp_change_result *ret)
{
	u64 deadline = lp_now() + change->wait * LP_S;
	struct opened opened = { 0 };
	struct lp_window window;
	struct lp_reply reply;

	*ret = (struct lp_change_result){ 0 };
	LP_TRY(open_transaction(arena, client, change, deadline, ret, &opened));
	ret->already = opened.flags & WIRE_ALREADY;
	if (ret->already)
		return NULL;
	LP_TRY(lp_window_open(&window, arena, client, (pid_t)opened.listener, &opened.ranges));
	struct lp_err *err = stop_until_done(arena, &window, change, deadline, ret);
	lp_window_drain(&window, lp_now());
	lp_window_close(&window);
	/* The post hook runs before the next request is answered. */
	if (!err && ret->patch.n_hooks)
		lp_err_destroy(lp_client_call(client, WIRE_LIST, NULL, 0, PREPARE_TIMEOUT, &reply));
	if (err)
		abandon(client);
	return err;
}
