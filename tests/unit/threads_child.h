/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child process with threads of every kind, for the tests of stopping: spinning, blocked in
 * system calls, with all signals blocked, starting and ending all the time, in vfork(). What the
 * child has to say it says in shared memory, SH, which the test maps.
 */
#ifndef THREADS_CHILD_H
#define THREADS_CHILD_H

#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "raxlpxs/clock.h"
#include "raxlpxs/threads.h"

struct shared {
	atomic_int ready;  /* threads that have come to their work */
	atomic_int spared; /* tid of the thread that is left alone */
	atomic_ulong ticks;
	atomic_ulong spared_ticks;
	atomic_ulong born;
	atomic_int wanted; /* threads that nurse() shall have made */
	atomic_int eintr;  /* system calls that were interrupted: must stay 0 */
	atomic_int bytes;  /* that the blocked readers have got */
	atomic_ulong signals;
	atomic_bool quit;
	int pipe[2]; /* readers of the child block here */
};

static struct shared *sh;
static pid_t child;

static inline bool wait_until(bool (*done)(void))
{
	u64 deadline = lp_now() + 10 * LP_S;

	while (!done()) {
		if (!lp_left(deadline))
			return false;
		usleep(200);
	}
	return true;
}

/* ---- the child ---- */

static inline void *spin(void *arg)
{
	(void)arg;
	sh->ready++;
	while (!sh->quit)
		sh->ticks++;
	return NULL;
}

static inline void *spin_blocked(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	return spin(arg);
}

static inline void *block_in_read(void *arg)
{
	char byte;

	(void)arg;
	sh->ready++;
	while (!sh->quit) {
		ssize_t n = read(sh->pipe[0], &byte, 1);
		if (n < 0 && errno == EINTR)
			sh->eintr++;
		else if (n == 1)
			sh->bytes++;
	}
	return NULL;
}

static inline void *block_in_sleep(void *arg)
{
	struct timespec ts = { .tv_sec = 1000 };

	(void)arg;
	sh->ready++;
	while (nanosleep(&ts, &ts) < 0)
		sh->eintr++;
	return NULL;
}

/* All signals can come while it waits for a byte, and none otherwise. */
static inline void *block_in_ppoll(void *arg)
{
	struct pollfd fd = { .fd = sh->pipe[0], .events = POLLIN };
	sigset_t all, none;

	(void)arg;
	sigfillset(&all);
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	sh->ready++;
	while (ppoll(&fd, 1, NULL, &none) < 0)
		sh->eintr++;
	return spin(NULL);
}

static inline void *short_life(void *arg)
{
	(void)arg;
	sh->born++;
	return NULL;
}

static inline void *midwife(void *arg)
{
	pthread_t t;

	(void)arg;
	sh->ready++;
	while (!sh->quit) {
		if (!pthread_create(&t, NULL, short_life, NULL))
			pthread_join(t, NULL);
	}
	return NULL;
}

static inline void *nurse(void *arg)
{
	pthread_t t;

	(void)arg;
	sh->ready++;
	for (int made = 0; !sh->quit;) {
		if (made < sh->wanted && !pthread_create(&t, NULL, block_in_sleep, NULL))
			made++;
		usleep(100);
	}
	return NULL;
}

static inline void *run_spared(void *arg)
{
	sigset_t all;

	(void)arg;
	sigfillset(&all); /* like the listener of the runtime */
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	sh->spared = (int)syscall(SYS_gettid);
	sh->ready++;
	while (!sh->quit) {
		sh->spared_ticks++;
		usleep(100);
	}
	return NULL;
}

/* Rests in vfork(), in a sleep that ptrace can't interrupt, until a byte comes. */
static inline void *block_in_vfork(void *arg)
{
	char byte;

	(void)arg;
	sh->ready++;
	pid_t pid = (pid_t)syscall(SYS_vfork);
	if (pid == 0) {
		syscall(SYS_read, sh->pipe[0], &byte, 1);
		syscall(SYS_exit, 0);
	}
	return spin(NULL);
}

static inline void on_signal(int sig)
{
	(void)sig;
	sh->signals++;
}

typedef void *thread_fn(void *);

static inline _Noreturn void child_main(thread_fn *const *fns, bool leader_ends)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	pthread_t t;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGRTMIN, &sa, NULL);
	for (; *fns; fns++)
		pthread_create(&t, NULL, *fns, NULL);
	if (leader_ends)
		pthread_exit(NULL);
	for (;;)
		pause();
}

/* ---- the test's side ---- */

static int n_wanted;

static inline bool child_is_ready(void)
{
	return sh->ready == n_wanted;
}

static inline void start_child(thread_fn *const *fns, bool leader_ends)
{
	memset(sh, 0, sizeof(*sh));
	assert_int_equal(pipe(sh->pipe), 0);
	for (n_wanted = 0; fns[n_wanted];)
		n_wanted++;
	child = fork();
	assert_true(child >= 0);
	if (!child)
		child_main(fns, leader_ends);
	assert_true(wait_until(child_is_ready));
}

static inline void end_child(void)
{
	kill(child, SIGKILL);
	/* As its tracer this process may have reaped it already. */
	assert_true(waitpid(child, NULL, __WALL) == child || errno == ECHILD);
	close(sh->pipe[0]);
	close(sh->pipe[1]);
}

/* The value of KEY in /proc/CHILD/task/TID/status; its first word. */
static inline void status_value(pid_t tid, const char *key, char *ret, size_t size)
{
	char path[64], line[256];

	*ret = '\0';
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", child, tid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, key, strlen(key)))
			snprintf(ret, size, "%.*s", (int)size - 1, line + strlen(key) + 1);
	}
	if (f)
		fclose(f);
	ret[strcspn(ret, " \n")] = '\0';
}

/* Number of threads in state STATE (0: in any) that are traced by us; *RET_ALL counts all. */
static inline int count_traced(char state, int *ret_all)
{
	char path[64], st[32], tracer[32];
	struct dirent *d;
	int n = 0;

	*ret_all = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", child);
	DIR *dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		pid_t tid = atoi(d->d_name);

		if (tid <= 0)
			continue;
		status_value(tid, "State:", st, sizeof(st));
		status_value(tid, "TracerPid:", tracer, sizeof(tracer));
		if (*st == 'Z' || *st == 'X' || !*st)
			continue;
		++*ret_all;
		n += atoi(tracer) == getpid() && (!state || *st == state);
	}
	if (dir)
		closedir(dir);
	return n;
}

static inline enum lp_stop stop_all(struct lp_threads *t, u64 limit)
{
	struct lp_stop_trouble trouble;

	assert_int_equal(lp_threads_seize_quiet(t, &trouble), LP_STOP_OK);
	return lp_threads_stop_quiet(t, lp_now() + limit, &trouble);
}

static unsigned long ticks_before;

static inline bool it_ticks(void)
{
	return sh->ticks > ticks_before;
}

static inline void assert_running(void)
{
	ticks_before = sh->ticks;
	assert_true(wait_until(it_ticks));
}

static inline void map_shared(void)
{
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(sh != MAP_FAILED);
}

#endif
