/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is anybody inside the functions that are about to change? The live part of every stack
 * (of stopped threads, of suspended coroutines, of threads that run a coroutine) is searched
 * for words that point into them. No such word means that no frame is there: that is proof,
 * whatever the frames in between are. A word that does point there may be an old value;
 * only unwinding can tell (raxlpxs/unwind.h). What can't be seen is never "safe".
 *
 * Everything here runs while the threads are stopped.
 */
#ifndef LP_SCAN_H
#define LP_SCAN_H

#include "raxlpxs/threads.h"
#include "runtime/wire.h"

#define LP_SCAN_CHUNK	  ((size_t)256 << 10)
#define LP_SCAN_MAX_STACK (UINT64_C(1) << 30) /* what claims to be larger is no stack */

struct lp_ranges {
	const struct wire_range *items;
	size_t n;
	u64 lo, hi; /* all of them lie in [lo, hi] */
	/* The first byte counts too: it is no entry that keeps working, the code goes away. */
	bool entry_counts;
};

enum lp_busy_kind {
	LP_BUSY_NONE,
	LP_BUSY_FRAME,	/* a frame is in the range */
	LP_BUSY_WORD,	/* a word points there and unwinding could not disprove it */
	LP_BUSY_STACK,	/* where the live stack ends is unknown */
	LP_BUSY_SIGNAL, /* in a signal handler that has a stack of its own */
	LP_BUSY_LEADER, /* runs a coroutine, its own stack is not known */
	LP_BUSY_OPAQUE, /* a coroutine whose registers are not known */
	LP_BUSY_LATE,	/* stopping or searching took too long */
	LP_BUSY_ANSWER, /* the listener did not answer in time */
	LP_BUSY_AWAKE,	/* the runtime met a thread that is not stopped */
};

/* Unwinding can tell more. */
static inline bool lp_busy_is_code(enum lp_busy_kind kind)
{
	return kind == LP_BUSY_FRAME || kind == LP_BUSY_WORD;
}

#define LP_TRAIL_MAX 24

struct lp_trail { /* a backtrace: the innermost frames, addresses of instructions */
	u32 n;
	u64 pc[LP_TRAIL_MAX];
};

struct lp_busy { /* who is in the way */
	enum lp_busy_kind kind;
	pid_t tid;   /* 0: a coroutine, or nobody in particular */
	u64 context; /* id of the coroutine, or 0 */
	size_t range;
	struct lp_trail trail; /* empty when nothing was unwound */
};

struct lp_scan {
	pid_t pid;
	const struct lp_ranges *ranges;
	const struct lp_threads *threads;
	const u8 *contexts; /* n_contexts times struct wire_context, not aligned */
	size_t n_contexts;
	u64 main_stack_end; /* of the process's first thread, 0 when unknown */
	u64 deadline;
	u8 *buf;		  /* LP_SCAN_CHUNK bytes and three words */
	struct lp_unwind *unwind; /* NULL: what a word says stands */
};

/* Sets lo and hi; false if a range is empty or wraps around. */
bool lp_ranges_init(struct lp_ranges *ranges, const struct wire_range *items, size_t n,
		    bool entry_counts);
/* The range that code at PC is in, or that a return address of WORD leads to; n when none. */
size_t lp_ranges_at(const struct lp_ranges *ranges, u64 pc);
size_t lp_ranges_word(const struct lp_ranges *ranges, u64 word);

/* Copies memory of process PID; returns how much of it could be read, counted from ADDR. */
size_t lp_scan_read_quiet(pid_t pid, u64 addr, void *buf, size_t len);

/* Looks at one stack [RSP, END); WORDS_BELOW more are searched under RSP (the red zone). */
enum lp_busy_kind lp_scan_stack_quiet(const struct lp_scan *scan, u64 rsp, u64 end, u64 below,
				      size_t *ret_range);
/* Looks at everything. */
struct lp_busy lp_scan_all_quiet(const struct lp_scan *scan);

/* The end of the first thread's stack in the text of /proc/PID/maps, or 0. */
u64 lp_scan_main_stack_end(const char *maps);

#endif
