/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child that ends a client which stands still in a stop. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raxlpxs/clock.h"
#include "raxlpxs/guard.h"

/* The other end hears at once that this program has closed its connection. */
static void test_it_holds_no_connection(void **state)
{
	struct lp_guard guard;
	char byte;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
		assert_ok(lp_guard_start(&guard, getpid()));
		close(fds[0]);
		assert_int_equal(recv(fds[1], &byte, 1, MSG_DONTWAIT), 0);
		close(fds[1]);
		lp_guard_stop(&guard);
	}
}

static _Noreturn void stand_still(bool armed)
{
	struct lp_guard guard;

	if (lp_guard_start(&guard, getpid()))
		_exit(1);
	lp_guard_arm_quiet(&guard, 10 * LP_MS);
	if (!armed)
		lp_guard_disarm_quiet(&guard);
	if (armed)
		raise(SIGSTOP);
	lp_guard_stop(&guard);
	_exit(0);
}

static int end_of(bool armed)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		stand_still(armed);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_it_ends_who_stands_still(void **state)
{
	(void)state;
	assert_int_equal(WTERMSIG(end_of(true)), SIGKILL);
	assert_int_equal(end_of(false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_holds_no_connection),
		TEST(test_it_ends_who_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
