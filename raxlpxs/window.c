/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/window.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "raxlpxs/awake.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/denied.h"
#include "raxlpxs/find.h"
#include "raxlpxs/unwind.h"

#define MAX_MAPS    ((size_t)16 << 20)
#define LATE_ANSWER (10 * LP_S) /* for an answer that missed its stop */
#define CODE_ANSWER (10 * LP_S)

/* The target says which thread that is, and it gets a real-time priority. */
static bool is_own_thread(const struct lp_threads *threads, pid_t tid)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", tid);
	return tid > 0 && !faccessat(threads->task_fd, name, F_OK, 0);
}

struct lp_err *lp_window_open(struct lp_window *window, struct lp_arena *arena,
			      struct lp_client *client, pid_t listener,
			      const struct lp_ranges *ranges)
{
	size_t buf_len = LP_SCAN_CHUNK + 64;
	const char *maps = lp_find_proc(arena, (u32)client->pid, "maps", MAX_MAPS, NULL);

	if (!maps)
		return lp_denied(arena, client->pid, client->pid, errno);
	*window = (struct lp_window){
		.client = client,
		.ranges = *ranges,
		.trace = client->trace,
		.scan = { .pid = client->pid,
			  .main_stack_end = lp_scan_main_stack_end(maps),
			  .buf = lp_alloc(arena, buf_len) },
	};
	/* First: what is touched behind it is not copied on write in the middle of a stop. */
	LP_TRY(lp_guard_start(&window->guard, client->pid));
	struct lp_err *err =
		lp_threads_init(&window->threads, arena, client->pid, listener, client->trace);
	if (!err && !is_own_thread(&window->threads, listener)) {
		lp_threads_deinit(&window->threads);
		err = lp_client_error(client, LP_IO_BROKEN);
	}
	if (err) {
		lp_guard_stop(&window->guard);
		return err;
	}
	window->scan.ranges = &window->ranges;
	window->scan.threads = &window->threads;
	memset(window->scan.buf, 0xff, buf_len); /* touched now */
	return NULL;
}

void lp_window_close(struct lp_window *window)
{
	lp_unwind_destroy(window->scan.unwind);
	window->scan.unwind = NULL;
	lp_threads_deinit(&window->threads);
	lp_guard_stop(&window->guard);
}

struct lp_err *lp_window_unwinder(struct lp_client *client, struct lp_arena *arena,
				  struct lp_unwind **ret)
{
	struct lp_reply reply;
	void *code;
	size_t n;

	*ret = NULL;
	LP_TRY(lp_client_call(client, WIRE_CODE, NULL, 0, CODE_ANSWER, &reply));
	LP_TRY(lp_reply_array(client, arena, &reply, 0, sizeof(struct wire_code), &code, &n));
	*ret = lp_unwind_create(client->pid);
	if (*ret)
		lp_unwind_add(*ret, code, n);
	lp_trace(client->trace, "unwinding: tables read", *ret != NULL);
	lp_trace(client->trace, "unwinding: patches whose code is known", n);
	return NULL;
}

struct lp_err *lp_window_read_tables(struct lp_window *w, struct lp_arena *arena)
{
	lp_unwind_destroy(w->scan.unwind);
	w->scan.unwind = NULL;
	return lp_window_unwinder(w->client, arena, &w->scan.unwind);
}

/*
 * While threads are stopped nothing but they themselves and the listener shall wait for a
 * processor: 11 to 24 ms were seen with 41 threads on 2 cores without this, 0.3 ms with it. The
 * same for the listener, which has two requests to answer: 8 ms on 2 cores where others compile.
 */
#define PRIORITY 1
#define OURS	 (SCHED_FIFO | SCHED_RESET_ON_FORK)

static bool set_priority(pid_t tid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return !sched_setscheduler(tid, policy, &param);
}

/* Who has a real-time priority keeps it; a thread with our very mark was left so by a client that
 * was killed, and is put right at the end of this stop. */
static bool become_real_time(pid_t tid)
{
	int policy = sched_getscheduler(tid);

	return policy == OURS || (policy == SCHED_OTHER && set_priority(tid, OURS, PRIORITY));
}

/* Asks for the coroutines, now that nothing changes them. They point into the client's buffer. */
static enum lp_attempt_end ask_contexts(struct lp_window *w, u64 deadline, struct lp_attempt *ret)
{
	if (w->client->awaited) /* since rouse() */
		ret->io = lp_client_recv_quiet(w->client, deadline, &ret->reply);
	if (ret->io == LP_IO_OK)
		ret->io = lp_client_send_quiet(w->client, WIRE_CONTEXTS, NULL, 0, deadline);
	if (ret->io == LP_IO_OK)
		ret->io = lp_client_recv_quiet(w->client, deadline, &ret->reply);
	if (ret->io == LP_IO_TIMEOUT) {
		ret->busy.kind = LP_BUSY_ANSWER;
		return LP_ATTEMPT_BUSY;
	}
	if (ret->io != LP_IO_OK)
		return LP_ATTEMPT_IO;
	if (ret->reply.status)
		return LP_ATTEMPT_REPLY;
	w->scan.n_contexts = 0;
	if (ret->reply.n_fields) {
		struct lp_field field = ret->reply.fields[0];

		if (field.len % sizeof(struct wire_context) || ret->reply.n_fields > 1) {
			ret->io = LP_IO_BROKEN;
			return LP_ATTEMPT_IO;
		}
		w->scan.contexts = field.data;
		w->scan.n_contexts = field.len / sizeof(struct wire_context);
	}
	lp_trace(w->trace, "contexts: suspended or running coroutines", w->scan.n_contexts);
	return LP_ATTEMPT_DONE;
}

static enum lp_attempt_end commit_end(struct lp_attempt *ret)
{
	if (ret->io != LP_IO_OK)
		return LP_ATTEMPT_IO;
	if (ret->reply.status == LP_BUSY) {
		ret->busy = (struct lp_busy){ .kind = LP_BUSY_AWAKE };
		return LP_ATTEMPT_BUSY;
	}
	return ret->reply.status ? LP_ATTEMPT_REPLY : LP_ATTEMPT_DONE;
}

/* From "all threads rest" to the answer to COMMIT. */
static enum lp_attempt_end decide(struct lp_window *w, u64 deadline, struct lp_attempt *ret)
{
	enum lp_attempt_end end = ask_contexts(w, deadline, ret);

	if (end != LP_ATTEMPT_DONE)
		return end;
	w->scan.deadline = deadline;
	ret->busy = lp_scan_all_quiet(&w->scan);
	lp_trace(w->trace, "stacks: searched, kind of busy", ret->busy.kind);
	if (ret->busy.kind != LP_BUSY_NONE)
		return LP_ATTEMPT_BUSY;
	if (!lp_left(deadline)) {
		ret->busy.kind = LP_BUSY_LATE;
		return LP_ATTEMPT_BUSY;
	}
	deadline = lp_now() + LP_WINDOW_COMMIT_LIMIT;
	ret->io = lp_client_send_quiet(w->client, WIRE_COMMIT, NULL, 0, deadline);
	if (ret->io == LP_IO_OK)
		ret->io = lp_client_recv_quiet(w->client, deadline, &ret->reply);
	return commit_end(ret);
}

static enum lp_attempt_end stop_end(enum lp_stop stop, struct lp_attempt *ret)
{
	switch (stop) {
	case LP_STOP_LATE:
		ret->busy = (struct lp_busy){ .kind = LP_BUSY_LATE, .tid = ret->trouble.tid };
		return LP_ATTEMPT_BUSY;
	case LP_STOP_DENIED:
		return LP_ATTEMPT_DENIED;
	case LP_STOP_FULL:
		return LP_ATTEMPT_FULL;
	case LP_STOP_ENDED:
		return LP_ATTEMPT_ENDED;
	case LP_STOP_OK:
		break;
	}
	return LP_ATTEMPT_DONE;
}

/* Who did not come to rest in time does so until we let him go: the guard stays. */
static void watch_owed(const struct lp_window *w, u64 limit)
{
	if (w->threads.n)
		lp_guard_arm_quiet(&w->guard, limit);
	else
		lp_guard_disarm_quiet(&w->guard);
}

void lp_window_drain(struct lp_window *w, u64 until)
{
	lp_threads_drain(&w->threads, until);
	watch_owed(w, LP_WINDOW_OWED_LIMIT);
}

/*
 * Wakes the listener while the last thread comes to rest: once asked for the coroutines it looks
 * for the next request for a while before it sleeps again. Not earlier: it would take a processor
 * from threads that have yet to reach their stop.
 */
static void rouse(void *arg)
{
	struct lp_client *client = arg;

	if (!client->awaited) /* what fails here fails again, where it is looked at */
		(void)lp_client_send_quiet(client, WIRE_CONTEXTS, NULL, 0, lp_now());
}

void lp_window_attempt(struct lp_window *w, u64 limit, struct lp_attempt *ret)
{
	sigset_t all, before;

	memset(ret, 0, sizeof(*ret));
	sigfillset(&all);
	sigdelset(&all, SIGALRM); /* by which waiting ends, see threads.c */
	sigprocmask(SIG_SETMASK, &all, &before);
	lp_trace_hold(w->trace);
	w->client->hurries = true;
	int awake = lp_awake_begin();
	bool is_raised = become_real_time(0),
	     is_listener_raised = become_real_time(w->threads.spared);

	w->threads.on_last = rouse;
	w->threads.on_last_arg = w->client;
	enum lp_stop stop = lp_threads_seize_quiet(&w->threads, &ret->trouble);
	lp_guard_arm_quiet(&w->guard, LP_WINDOW_GUARD_LIMIT);
	u64 start = lp_now();
	lp_trace(w->trace, "threads: traced", w->threads.n);
	if (stop == LP_STOP_OK)
		stop = lp_threads_stop_quiet(&w->threads, start + limit, &ret->trouble);
	ret->n_kernel = lp_threads_n_kernel(&w->threads);
	lp_trace(w->trace, "threads: stopped", w->threads.n - ret->n_kernel);
	lp_trace(w->trace, "threads: left alone, they never leave the kernel", ret->n_kernel);
	ret->end = stop_end(stop, ret);
	if (stop == LP_STOP_OK)
		ret->end = decide(w, start + limit, ret);
	bool is_late = ret->end == LP_ATTEMPT_IO && ret->io == LP_IO_TIMEOUT;
	if (is_late)
		lp_client_leave_quiet(w->client);
	lp_threads_release_quiet(&w->threads);
	ret->stopped = lp_now() - start;
	w->client->hurries = false;
	lp_awake_end(awake);
	watch_owed(w, LP_WINDOW_GUARD_LIMIT);

	if (is_listener_raised)
		(void)set_priority(w->threads.spared, SCHED_OTHER, 0);
	if (is_raised)
		(void)set_priority(0, SCHED_OTHER, 0);
	lp_trace(w->trace, "threads: let go, stopped for us", ret->stopped / LP_US);
	lp_trace_flush(w->trace);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (is_late) {
		/* COMMIT is still on its way: it tells BUSY, because we have left, or done. */
		ret->io = lp_client_recv_quiet(w->client, lp_now() + LATE_ANSWER, &ret->reply);
		ret->end = ret->io == LP_IO_OK && ret->reply.status ? LP_ATTEMPT_REPLY
								    : commit_end(ret);
	}
}
