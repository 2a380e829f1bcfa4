/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One stop of the target: threads to rest, coroutines asked for, stacks searched, COMMIT,
 * threads let go. Bounded in time: what is not ready for COMMIT within the limit is given
 * up. Signals wait meanwhile, so that neither ^C nor ^Z on this program
 * catches the target in the middle.
 */
#ifndef LP_WINDOW_H
#define LP_WINDOW_H

#include "raxlpxs/client.h"
#include "raxlpxs/guard.h"
#include "raxlpxs/scan.h"

/* Limits of the first and of the longest attempt. On a host without enough processors threads may
 * wait for milliseconds before they come to rest; rather several short stops than a long one. */
#define LP_WINDOW_FIRST (5 * LP_MS)
#define LP_WINDOW_LIMIT (100 * LP_MS)
/* Once COMMIT is sent the threads must rest until the answer is there, or the jumps could be
 * written while they run. A listener that gets no processor for this long: they are let go. */
#define LP_WINDOW_COMMIT_LIMIT (1 * LP_S)
/* A client that was stopped itself (SIGSTOP) lets nobody go: it is killed by then. */
#define LP_WINDOW_GUARD_LIMIT (2 * LP_S)
/* The same between two stops, while a thread is owed that did not come to rest in time and may
 * do so any moment: longer than all that is done there. */
#define LP_WINDOW_OWED_LIMIT (20 * LP_S)

struct lp_window {
	struct lp_client *client;
	struct lp_guard guard;
	struct lp_threads threads;
	struct lp_ranges ranges;
	struct lp_scan scan;
	struct lp_trace *trace;
};

enum lp_attempt_end {
	LP_ATTEMPT_DONE,   /* committed */
	LP_ATTEMPT_BUSY,   /* see busy */
	LP_ATTEMPT_REPLY,  /* the runtime refuses, see reply */
	LP_ATTEMPT_IO,	   /* the connection failed, see io */
	LP_ATTEMPT_DENIED, /* may not trace, see trouble */
	LP_ATTEMPT_FULL,   /* more threads than there was room for */
	LP_ATTEMPT_ENDED,  /* the target is gone */
};

struct lp_attempt {
	enum lp_attempt_end end;
	struct lp_busy busy;
	struct lp_stop_trouble trouble;
	enum lp_io io;
	struct lp_reply reply;
	u32 n_kernel; /* threads that were left alone because they never leave the kernel */
	u64 stopped;  /* ns from the first request to stop to the last thread let go */
};

/* Everything slow. LISTENER is the thread that is spared; items of RANGES outlive the window. */
struct lp_err *lp_window_open(struct lp_window *window, struct lp_arena *arena,
			      struct lp_client *client, pid_t listener,
			      const struct lp_ranges *ranges) LP_MUST_CHECK;
void lp_window_close(struct lp_window *window);
/* What is needed to unwind in the client's process, patches included; NULL when that can't be read.
 * Milliseconds. */
struct lp_err *lp_window_unwinder(struct lp_client *client, struct lp_arena *arena,
				  struct lp_unwind **ret) LP_MUST_CHECK;
/* From then on a word that points into a range is not believed but looked into. */
struct lp_err *lp_window_read_tables(struct lp_window *window,
				     struct lp_arena *arena) LP_MUST_CHECK;
/* One stop, of at most LIMIT ns until COMMIT. */
void lp_window_attempt(struct lp_window *window, u64 limit, struct lp_attempt *ret);
/* Between two stops: lp_threads_drain(). */
void lp_window_drain(struct lp_window *window, u64 until);

#endif
