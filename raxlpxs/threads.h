/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings all threads of a process but one to rest by ptrace, and lets them go. Not by
 * signals: QEMU blocks them, and runs under seccomp. PTRACE_SEIZE does not send a SIGSTOP,
 * keeps a group-stop, and when this program dies the kernel lets all threads go.
 *
 *	lp_threads_init           once: memory, open files
 *	lp_threads_seize_quiet    becomes their tracer; they run on
 *	lp_threads_stop_quiet     they rest; registers are known
 *	lp_threads_release_quiet  they run, without a tracer
 *	lp_threads_drain          the same for those that were late, and a pause
 *	lp_threads_deinit
 */
#ifndef LP_THREADS_H
#define LP_THREADS_H

#include <sys/types.h>
#include <sys/user.h>

#include "lib/err.h"
#include "lib/vec.h"
#include "raxlpxs/trace.h"

enum lp_thread_state {
	LP_THREAD_SEIZED,      /* traced, running */
	LP_THREAD_INTERRUPTED, /* asked to stop */
	LP_THREAD_STOPPED,
	LP_THREAD_KERNEL, /* never runs code of the program, is left alone: see lp_stat */
	LP_THREAD_GONE,
};

struct lp_thread {
	pid_t tid;
	enum lp_thread_state state;
	int signal;  /* that was about to be delivered; given back on release */
	u64 blocked; /* signals, when SIGILL is one; given back on release; else 0 */
	u32 seen;    /* number of the last pass over /proc/PID/task that met it */
	struct user_regs_struct regs; /* when stopped */
};

struct lp_threads {
	pid_t pid;
	pid_t spared; /* the one thread that is left alone */
	int task_fd;  /* /proc/PID/task */
	struct lp_thread *items;
	size_t n, cap;
	u32 pass;
	size_t hint; /* where the next search begins: listings come in the order of items */
	u8 *dir;     /* buffer for getdents64 */
	struct lp_trace *trace;
	/* Called, if set, by lp_threads_stop_quiet() when all rest but one, which does not yet. */
	void (*on_last)(void *arg);
	void *on_last_arg;
};

enum lp_stop {
	LP_STOP_OK,
	LP_STOP_LATE,	/* a thread does not come to rest, or new ones keep appearing */
	LP_STOP_DENIED, /* may not trace: errno is in ret_errno */
	LP_STOP_FULL,	/* more threads than there is room for: deinit, init, try again */
	LP_STOP_ENDED,	/* the process is gone */
};

struct lp_stat { /* what counts of /proc/PID/task/TID/stat */
	char state;
	bool is_kernel; /* a worker that the kernel runs inside the process, of io_uring or vhost */
};

struct lp_stop_trouble { /* what went wrong, for the message */
	pid_t tid;
	int error; /* errno of LP_STOP_DENIED */
};

/* Takes SIGALRM and the process's timer, and makes room for the threads that PID has and some more.
 */
struct lp_err *lp_threads_init(struct lp_threads *threads, struct lp_arena *arena, pid_t pid,
			       pid_t spared, struct lp_trace *trace) LP_MUST_CHECK;
void lp_threads_deinit(struct lp_threads *threads);

enum lp_stop lp_threads_seize_quiet(struct lp_threads *threads, struct lp_stop_trouble *ret);
/* Returns LP_STOP_OK when every thread rests. None blocks SIGILL then, with which threads wait that
 * come to a closed entry once this program was killed (runtime/latch.h): the kernel ends a program
 * that has to get it and can't. Whatever it returns, lp_threads_release_quiet() comes next. Our own
 * SIGALRM must not be blocked. */
enum lp_stop lp_threads_stop_quiet(struct lp_threads *threads, u64 deadline,
				   struct lp_stop_trouble *ret);
/* Threads that are left alone because they never leave the kernel. */
u32 lp_threads_n_kernel(const struct lp_threads *threads);
/* Lets all threads go that rest. One that was asked to and does not yet stays in the set:
 * lp_threads_drain() is due. */
void lp_threads_release_quiet(struct lp_threads *threads);
/* Sleeps until UNTIL; meanwhile lets every thread go that comes to rest too late. (What never
 * does is let go by the kernel when this program ends.) */
void lp_threads_drain(struct lp_threads *threads, u64 until);

/* Takes the text of a stat file apart; false if it is none. */
bool lp_threads_parse_stat(const char *text, struct lp_stat *ret);

#endif
