/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raxlpxs/clock.h"

enum { TIMER = STDERR_FILENO + 1, ALIVE, PARENT, N_FDS }; /* of the child */

/* Keeps stderr and the three; above all the connection must end with the parent. */
static void keep_only(int timer, int alive, int parent)
{
	int high[] = { fcntl(timer, F_DUPFD, N_FDS), fcntl(alive, F_DUPFD, N_FDS),
		       fcntl(parent, F_DUPFD, N_FDS) };

	for (size_t i = 0; i < LP_ARRAY_SIZE(high); i++)
		dup2(high[i], TIMER + (int)i);
	close_range(N_FDS, ~0u, 0);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
}

static _Noreturn void watch(pid_t target)
{
	struct pollfd fds[] = { { .fd = TIMER, .events = POLLIN },
				{ .fd = ALIVE, .events = POLLIN } };
	char text[160];
	u64 n;

	for (;;) {
		if (poll(fds, LP_ARRAY_SIZE(fds), -1) < 0 || fds[1].revents)
			_exit(0);
		/* Nothing to read: it was disarmed just now. */
		if (read(TIMER, &n, sizeof(n)) == sizeof(n))
			break;
	}
	syscall(SYS_pidfd_send_signal, PARENT, SIGKILL, NULL, 0);
	snprintf(text, sizeof(text),
		 "error: raxlpxs stood still while it held the threads of process %d; it was ended "
		 "so that they run\n",
		 target);
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

struct lp_err *lp_guard_start(struct lp_guard *guard, pid_t target)
{
	int alive[2];
	char ready;
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (timer < 0 || self < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, alive))
		return lp_err_errno("cannot make a timer for stops");
	pid_t child = fork();
	if (!child) {
		sigset_t all;

		/* Out of reach of what stops the parent: ^Z, kill -STOP of the group. */
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		setpgid(0, 0);
		prctl(PR_SET_NAME, "raxlpxs-guard");
		close(alive[1]);
		keep_only(timer, alive[0], self);
		if (write(ALIVE, "", 1) == 1)
			watch(target);
		_exit(1);
	}
	close(self);
	close(alive[0]);
	*guard = (struct lp_guard){ .child = child, .timer = timer, .alive = alive[1] };
	/* Until it has closed its copy of the connection our end would not be noticed. */
	if (child > 0 && read(guard->alive, &ready, 1) == 1)
		return NULL;
	struct lp_err *err = lp_err_errno("cannot start a process that watches stops");
	lp_guard_stop(guard);
	return err;
}

void lp_guard_stop(struct lp_guard *guard)
{
	close(guard->alive);
	close(guard->timer);
	if (guard->child > 0)
		waitpid(guard->child, NULL, 0);
	*guard = (struct lp_guard){ .timer = -1, .alive = -1 };
}

static void set_timer(const struct lp_guard *guard, u64 time)
{
	struct itimerspec its = { .it_value = { .tv_sec = (time_t)(time / LP_S),
						.tv_nsec = (long)(time % LP_S) } };

	(void)timerfd_settime(guard->timer, 0, &its, NULL);
}

void lp_guard_arm_quiet(const struct lp_guard *guard, u64 time)
{
	set_timer(guard, time);
}

void lp_guard_disarm_quiet(const struct lp_guard *guard)
{
	set_timer(guard, 0);
}
