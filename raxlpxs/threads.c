/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/threads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raxlpxs/clock.h"

#define DIR_SIZE ((size_t)64 << 10)
#define TICK	 (1 * LP_MS) /* how often a wait looks at the clock, and for a zombie leader */

#define SIGILL_BIT (UINT64_C(1) << (SIGILL - 1))

/* include/linux/sched.h. Both kinds live in the process and never leave the kernel: workers of
 * io_uring (since Linux 5.12) and of vhost (since 6.4; until 5.17 that bit was set in programs that
 * load kernel modules, which nobody patches). */
#define PF_IO_WORKER   0x00000010ul
#define PF_USER_WORKER 0x00004000ul

bool lp_threads_parse_stat(const char *text, struct lp_stat *ret)
{
	const char *p = strrchr(text, ')'); /* the name may hold anything */
	unsigned long flags;

	/* state, ppid, pgrp, session, tty, tpgid, flags */
	if (!p || sscanf(p + 1, " %c %*d %*d %*d %*d %*d %lu", &ret->state, &flags) != 2)
		return false;
	ret->is_kernel = flags & (PF_IO_WORKER | PF_USER_WORKER);
	return true;
}

/* Reads /proc/PID/task/TID/stat; false when the thread is gone. */
static bool read_stat(const struct lp_threads *threads, pid_t tid, struct lp_stat *ret)
{
	char path[32], buf[512];

	snprintf(path, sizeof(path), "%d/stat", tid);
	int fd = openat(threads->task_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return lp_threads_parse_stat(buf, ret);
}

static bool is_dead(const struct lp_threads *threads, pid_t tid)
{
	struct lp_stat st;

	return !read_stat(threads, tid, &st) || st.state == 'Z' || st.state == 'X';
}

static struct lp_thread *find(struct lp_threads *threads, pid_t tid)
{
	for (size_t i = 0; i < threads->n; i++) {
		size_t at = (threads->hint + i) % threads->n;

		if (threads->items[at].tid == tid) {
			threads->hint = at + 1;
			return &threads->items[at];
		}
	}
	return NULL;
}

static enum lp_stop seize(struct lp_threads *threads, pid_t tid, struct lp_stop_trouble *trouble)
{
	struct lp_thread *t = find(threads, tid);
	struct lp_stat st;

	if (!t && threads->n == threads->cap)
		return LP_STOP_FULL;
	if (!t)
		t = &threads->items[threads->n++];
	*t = (struct lp_thread){ .tid = tid, .seen = threads->pass, .state = LP_THREAD_SEIZED };
	/* Asked first: since Linux 5.12 they can be traced like others, and would be interrupted in
	 * the middle of the program's I/O. */
	if (read_stat(threads, tid, &st) && st.is_kernel) {
		t->state = LP_THREAD_KERNEL;
		return LP_STOP_OK;
	}
	if (!ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return LP_STOP_OK;
	int error = errno;
	if (is_dead(threads, tid)) {
		t->state = LP_THREAD_GONE;
		return LP_STOP_OK;
	}
	t->state = LP_THREAD_GONE; /* not ours: nothing to let go */
	*trouble = (struct lp_stop_trouble){ .tid = tid, .error = error };
	return LP_STOP_DENIED;
}

struct dirent_64 { /* getdents64(2) */
	u64 ino;
	s64 off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/*
 * One pass over /proc/PID/task: seizes what is new. *RET_NEW counts those. readdir() would
 * allocate, and the listing may be cut short when a thread ends meanwhile: see is_complete().
 */
static enum lp_stop pass(struct lp_threads *threads, size_t *ret_new,
			 struct lp_stop_trouble *trouble)
{
	enum lp_stop stop = LP_STOP_OK;
	long n;

	*ret_new = 0;
	threads->pass++;
	if (lseek(threads->task_fd, 0, SEEK_SET) < 0)
		return LP_STOP_ENDED;
	while ((n = syscall(SYS_getdents64, threads->task_fd, threads->dir, DIR_SIZE)) > 0) {
		for (long off = 0; off < n && stop == LP_STOP_OK;) {
			const struct dirent_64 *d = (const void *)(threads->dir + off);
			pid_t tid = (pid_t)strtol(d->name, NULL, 10);

			off += d->reclen;
			if (tid <= 0 || tid == threads->spared)
				continue;
			struct lp_thread *t = find(threads, tid);
			if (t && t->state != LP_THREAD_GONE) {
				t->seen = threads->pass;
				continue;
			}
			/* A number that was used before, or a zombie that was known. */
			if (t && is_dead(threads, tid))
				continue;
			stop = seize(threads, tid, trouble);
			t = find(threads, tid);
			*ret_new += t && t->state == LP_THREAD_SEIZED;
		}
	}
	return n < 0 ? LP_STOP_ENDED : stop;
}

/* A thread that is known, alive, and was not met: the listing was cut short by an end. */
static bool is_complete(struct lp_threads *threads)
{
	bool complete = true;

	for (size_t i = 0; i < threads->n; i++) {
		struct lp_thread *t = &threads->items[i];

		if (t->state == LP_THREAD_GONE || t->seen == threads->pass)
			continue;
		if (is_dead(threads, t->tid))
			t->state = LP_THREAD_GONE;
		complete = false;
	}
	return complete;
}

static void on_tick(int sig)
{
	(void)sig;
}

/*
 * A wait for a thread sleeps in waitpid(), which its stop ends, and a tick: the timer's signal. Not
 * in sigtimedwait(), because SIGCHLD comes for every thread that stops, and each would have us take
 * the processor from the next one that is on its way.
 */
static void take_signals(void)
{
	struct sigaction tick = { .sa_handler = on_tick };
	/* Somebody may have started us with SIGCHLD ignored: then there is nothing to wait for. */
	struct sigaction child = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
	sigset_t set;

	sigaction(SIGALRM, &tick, NULL);
	sigaction(SIGCHLD, &child, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void tick_every(u64 period)
{
	const struct timeval tv = { .tv_usec = (suseconds_t)(period / LP_US) };
	const struct itimerval timer = { .it_interval = tv, .it_value = tv };

	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

struct lp_err *lp_threads_init(struct lp_threads *threads, struct lp_arena *arena, pid_t pid,
			       pid_t spared, struct lp_trace *trace)
{
	char path[64];
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return lp_err_errno("cannot list the threads of process %d", pid);
	while (readdir(dir))
		n++;
	closedir(dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return lp_err_errno("cannot list the threads of process %d", pid);
	*threads = (struct lp_threads){
		.pid = pid,
		.spared = spared,
		.task_fd = fd,
		.cap = n * 2 + 64,
		.dir = lp_alloc(arena, DIR_SIZE),
		.trace = trace,
	};
	threads->items = lp_new_array(arena, threads->cap, struct lp_thread);
	/* Touched now, not while threads are stopped. */
	memset(threads->items, 0xff, threads->cap * sizeof(*threads->items));
	memset(threads->dir, 0xff, DIR_SIZE);
	take_signals();
	return NULL;
}

void lp_threads_deinit(struct lp_threads *threads)
{
	tick_every(0);
	if (threads->task_fd >= 0)
		close(threads->task_fd);
	threads->task_fd = -1;
}

enum lp_stop lp_threads_seize_quiet(struct lp_threads *threads, struct lp_stop_trouble *ret)
{
	size_t n_new;

	*ret = (struct lp_stop_trouble){ 0 };
	tick_every(TICK);
	return pass(threads, &n_new, ret);
}

static bool set_blocked(pid_t tid, u64 mask)
{
	return !ptrace(PTRACE_SETSIGMASK, tid, sizeof(mask), &mask);
}

/* T is in a ptrace-stop; false when it was killed meanwhile. */
static bool note_stop(struct lp_thread *t)
{
	u64 mask;

	t->blocked = 0;
	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &t->regs) ||
	    ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask))
		return false;
	if (!(mask & SIGILL_BIT))
		return true;
	t->blocked = mask;
	return set_blocked(t->tid, mask & ~SIGILL_BIT);
}

/* Waits until T is in a ptrace-stop or gone. The timer must tick. */
static enum lp_stop wait_stopped(struct lp_threads *threads, struct lp_thread *t, u64 deadline)
{
	int status;

	for (;;) {
		bool in_time = lp_left(deadline);
		pid_t got = waitpid(t->tid, &status, in_time ? __WALL : __WALL | WNOHANG);

		if (got == t->tid && WIFSTOPPED(status)) {
			/* PTRACE_EVENT_STOP: by our request, or it rests in a group-stop, which it
			 * resumes by itself after PTRACE_DETACH. Anything else is a signal that it
			 * was about to get. */
			t->signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
			t->state = note_stop(t) ? LP_THREAD_STOPPED : LP_THREAD_GONE;
			return LP_STOP_OK;
		}
		if (got == t->tid || (got < 0 && errno == ECHILD)) {
			t->state = LP_THREAD_GONE;
			return LP_STOP_OK;
		}
		if (!in_time)
			return LP_STOP_LATE;
		/* A tick. A zombie leader never reports. */
		if (is_dead(threads, t->tid) && waitpid(t->tid, &status, __WALL | WNOHANG) <= 0) {
			t->state = LP_THREAD_GONE;
			return LP_STOP_OK;
		}
	}
}

/* Interrupts all that run, then waits for each of them. */
static enum lp_stop rest(struct lp_threads *threads, u64 deadline, struct lp_stop_trouble *trouble)
{
	size_t left = 0;

	for (size_t i = 0; i < threads->n; i++) {
		struct lp_thread *t = &threads->items[i];

		if (t->state == LP_THREAD_SEIZED) {
			t->state = LP_THREAD_INTERRUPTED;
			/* ESRCH: it has ended, which the wait below sees. */
			(void)ptrace(PTRACE_INTERRUPT, t->tid, NULL, NULL);
		}
		left += t->state == LP_THREAD_INTERRUPTED;
	}
	for (size_t i = 0; i < threads->n; i++) {
		struct lp_thread *t = &threads->items[i];

		if (t->state != LP_THREAD_INTERRUPTED)
			continue;
		if (!--left && threads->on_last && wait_stopped(threads, t, 0) == LP_STOP_LATE)
			threads->on_last(threads->on_last_arg);
		if (t->state == LP_THREAD_INTERRUPTED &&
		    wait_stopped(threads, t, deadline) == LP_STOP_LATE) {
			trouble->tid = t->tid;
			return LP_STOP_LATE;
		}
	}
	return LP_STOP_OK;
}

/*
 * All that are known rest, and the process has no other: the link count of the folder is the
 * number of threads, and 2. That is one system call; where it can't tell (an ended first thread
 * is counted, too), a whole pass has to. The runtime proves it again before it writes.
 */
static bool is_whole(const struct lp_threads *threads)
{
	size_t n = 0;
	struct stat st;

	for (size_t i = 0; i < threads->n; i++)
		n += threads->items[i].state != LP_THREAD_GONE;
	return !fstat(threads->task_fd, &st) && st.st_nlink == 2 + n + 1;
}

enum lp_stop lp_threads_stop_quiet(struct lp_threads *threads, u64 deadline,
				   struct lp_stop_trouble *ret)
{
	*ret = (struct lp_stop_trouble){ 0 };
	for (;;) {
		size_t n_new;
		enum lp_stop stop = rest(threads, deadline, ret);

		if (stop != LP_STOP_OK || is_whole(threads))
			return stop;
		/* Only a running thread makes another: when all that are known rest and a whole
		 * pass meets exactly those, there are no others. */
		stop = pass(threads, &n_new, ret);
		lp_trace(threads->trace, "threads: known", threads->n);
		if (stop != LP_STOP_OK)
			return stop;
		if (!n_new && is_complete(threads))
			return LP_STOP_OK;
		if (!lp_left(deadline))
			return LP_STOP_LATE;
	}
}

u32 lp_threads_n_kernel(const struct lp_threads *threads)
{
	u32 n = 0;

	for (size_t i = 0; i < threads->n; i++)
		n += threads->items[i].state == LP_THREAD_KERNEL;
	return n;
}

/* Lets T go if it is stopped; true when nothing is left to do for it. */
static bool let_go(struct lp_thread *t)
{
	if (t->state == LP_THREAD_STOPPED && t->blocked)
		(void)set_blocked(t->tid, t->blocked);
	if (t->state == LP_THREAD_STOPPED && ptrace(PTRACE_DETACH, t->tid, NULL, (long)t->signal))
		t->state = LP_THREAD_INTERRUPTED; /* killed meanwhile: its end is ours to reap */
	return t->state != LP_THREAD_INTERRUPTED;
}

void lp_threads_release_quiet(struct lp_threads *threads)
{
	size_t kept = 0;

	for (size_t i = 0; i < threads->n; i++) {
		struct lp_thread *t = &threads->items[i];

		if (t->state == LP_THREAD_SEIZED) { /* only a stopped thread can be let go */
			t->state = LP_THREAD_INTERRUPTED;
			(void)ptrace(PTRACE_INTERRUPT, t->tid, NULL, NULL);
		}
		/* Behind one that was waited for in vain others rest that nobody has met yet. */
		if (t->state == LP_THREAD_INTERRUPTED)
			(void)wait_stopped(threads, t, 0);
		if (!let_go(t))
			threads->items[kept++] = *t;
	}
	threads->n = kept;
	tick_every(0);
}

static void rotate(struct lp_threads *threads)
{
	struct lp_thread last = threads->items[threads->n - 1];

	memmove(threads->items + 1, threads->items, (threads->n - 1) * sizeof(last));
	threads->items[0] = last;
}

void lp_threads_drain(struct lp_threads *threads, u64 until)
{
	if (threads->n)
		tick_every(TICK);
	while (threads->n) {
		struct lp_thread *t = &threads->items[threads->n - 1];

		/* Each gets a short turn, so that one that never stops holds up no other. */
		u64 turn = lp_now() + TICK;
		(void)wait_stopped(threads, t, turn < until ? turn : until);
		if (let_go(t))
			threads->n--;
		else if (lp_left(until))
			rotate(threads);
		else
			break;
	}
	tick_every(0);
	u64 left = lp_left(until);
	if (!left)
		return;
	struct timespec ts = { .tv_sec = (time_t)(left / LP_S), .tv_nsec = (long)(left % LP_S) };
	nanosleep(&ts, NULL);
}
