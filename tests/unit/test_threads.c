/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stopping and letting go, on a child process with threads of every kind: spinning, blocked in
 * system calls, with all signals blocked, starting and ending all the time, in vfork(). What the
 * child has to say it says in shared memory.
 */
#include "tests/unit/threads_child.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "raxlpxs/clock.h"
#include "raxlpxs/threads.h"
#include "tests/lib/io_worker.h"

/* One stop: all threads but the spared one rest, and run again afterwards. */
static void stop_and_check(struct lp_threads *t)
{
	int all;

	assert_int_equal(stop_all(t, 5 * LP_S), LP_STOP_OK);
	int traced = count_traced('t', &all);
	assert_int_equal(traced, all - 1);
	unsigned long ticks = sh->ticks, born = sh->born, spared = sh->spared_ticks;
	while (sh->spared_ticks < spared + 3)
		usleep(100);
	assert_int_equal(sh->ticks, ticks);
	assert_int_equal(sh->born, born);
	lp_threads_release_quiet(t);
	lp_threads_drain(t, lp_now());
	assert_int_equal(t->n, 0);
	assert_int_equal(count_traced(0, &all), 0);
}

static bool all_bytes_read(void)
{
	return sh->bytes == 2;
}

static void test_all_kinds(void **state)
{
	static thread_fn *const fns[] = { run_spared,	 spin,		spin_blocked,
					  block_in_read, block_in_read, block_in_sleep,
					  midwife,	 midwife,	NULL };
	struct lp_threads t;

	(void)state;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	for (int i = 0; i < 50; i++)
		stop_and_check(&t);
	assert_running();
	assert_int_equal(write(sh->pipe[1], "ab", 2), 2);
	assert_true(wait_until(all_bytes_read));
	assert_int_equal(sh->eintr, 0);
	lp_threads_deinit(&t);
	end_child();
}

static void test_more_threads_than_expected(void **state)
{
	static thread_fn *fns[200];
	struct lp_stop_trouble trouble;
	struct lp_threads t;
	int all;

	(void)state;
	fns[0] = run_spared;
	for (int i = 1; i < 150; i++)
		fns[i] = block_in_read;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	stop_and_check(&t);
	t.cap = 20;
	assert_int_equal(lp_threads_seize_quiet(&t, &trouble), LP_STOP_FULL);
	lp_threads_release_quiet(&t);
	lp_threads_drain(&t, lp_now() + 2 * LP_S);
	assert_int_equal(t.n, 0);
	assert_int_equal(count_traced(0, &all), 0);
	lp_threads_deinit(&t);
	end_child();
}

/* Threads that come when the others are listed already, before they rest. */
static void test_newcomers(void **state)
{
	static thread_fn *const fns[] = { run_spared, nurse, spin, NULL };
	struct lp_stop_trouble trouble;
	struct lp_threads t;
	int all;

	(void)state;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	for (int i = 0; i < 10; i++) {
		assert_int_equal(lp_threads_seize_quiet(&t, &trouble), LP_STOP_OK);
		sh->wanted += 2;
		n_wanted += 2;
		assert_true(wait_until(child_is_ready));
		assert_int_equal(lp_threads_stop_quiet(&t, lp_now() + 5 * LP_S, &trouble),
				 LP_STOP_OK);
		int traced = count_traced('t', &all);
		assert_int_equal(traced, all - 1);
		assert_int_equal(all, 1 + n_wanted); /* the first thread */
		lp_threads_release_quiet(&t);
	}
	assert_running();
	assert_int_equal(sh->eintr, 0);
	lp_threads_deinit(&t);
	end_child();
}

static bool leader_is_zombie(void)
{
	char st[32];

	status_value(child, "State:", st, sizeof(st));
	return *st == 'Z';
}

static void test_leader_has_ended(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, midwife, NULL };
	struct lp_threads t;

	(void)state;
	start_child(fns, true);
	assert_true(wait_until(leader_is_zombie));
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	for (int i = 0; i < 20; i++)
		stop_and_check(&t);
	assert_running();
	lp_threads_deinit(&t);
	end_child();
}

static void test_killed_while_stopped(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, block_in_read, NULL };
	struct lp_stop_trouble trouble;
	struct lp_threads t;

	(void)state;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	assert_int_equal(stop_all(&t, 5 * LP_S), LP_STOP_OK);
	kill(child, SIGKILL);
	lp_threads_release_quiet(&t);
	lp_threads_drain(&t, lp_now() + LP_S);
	assert_int_equal(t.n, 0);
	assert_int_not_equal(lp_threads_seize_quiet(&t, &trouble), LP_STOP_DENIED);
	lp_threads_deinit(&t);
	end_child();
}

/* Somebody else traces one thread: said so, and the others are let go. */
static void test_other_tracer(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, block_in_read, NULL };
	struct lp_stop_trouble trouble;
	struct lp_threads t;
	int fds[2], all;
	char byte;

	(void)state;
	start_child(fns, false);
	assert_int_equal(pipe(fds), 0);
	pid_t other = fork();
	if (!other) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = (char)ptrace(PTRACE_SEIZE, child, NULL, NULL);
		(void)!write(fds[1], &byte, 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(byte, 0);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	assert_int_equal(lp_threads_seize_quiet(&t, &trouble), LP_STOP_DENIED);
	assert_int_equal(trouble.tid, child);
	assert_int_equal(trouble.error, EPERM);
	lp_threads_release_quiet(&t);
	lp_threads_drain(&t, lp_now() + LP_S);
	assert_int_equal(count_traced(0, &all), 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	stop_and_check(&t);
	close(fds[0]);
	close(fds[1]);
	lp_threads_deinit(&t);
	end_child();
}

static void count_call(void *arg)
{
	int *n = arg;

	++*n;
}

/* A thread that can't stop holds up nobody: the stop is given up in time, all others run, and it
 * runs too as soon as it can. */
static void test_straggler(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, block_in_vfork, NULL };
	struct lp_threads t;
	int all, n_last = 0;

	(void)state;
	start_child(fns, false);
	usleep(20000); /* into vfork(); too early only makes the test weaker */
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	t.on_last = count_call;
	t.on_last_arg = &n_last;
	u64 start = lp_now();
	assert_int_equal(stop_all(&t, 50 * LP_MS), LP_STOP_LATE);
	assert_int_equal(n_last, 1); /* the straggler is the last of the list */
	lp_threads_release_quiet(&t);
	assert_true(lp_now() - start < 2 * LP_S);
	assert_int_equal(t.n, 1);
	assert_running();
	lp_threads_drain(&t, lp_now() + 20 * LP_MS);
	assert_int_equal(t.n, 1);
	/* Now it is waited for before the others. */
	assert_int_equal(stop_all(&t, 50 * LP_MS), LP_STOP_LATE);
	lp_threads_release_quiet(&t);
	assert_int_equal(t.n, 1);
	assert_int_equal(count_traced('t', &all), 0);
	assert_int_equal(write(sh->pipe[1], "x", 1), 1);
	lp_threads_drain(&t, lp_now() + 2 * LP_S);
	assert_int_equal(t.n, 0);
	assert_int_equal(count_traced(0, &all), 0);
	stop_and_check(&t);
	lp_threads_deinit(&t);
	end_child();
}

/* Keeps a worker of io_uring busy with a read; what it ends with goes to sh->bytes or sh->eintr. */
static void *read_by_worker(void *arg)
{
	struct io_worker worker = { .ring = -1 };
	char byte;
	int result = 0;

	(void)arg;
	if (io_worker_read(&worker, sh->pipe[0], &byte, 1)) {
		sh->eintr = -1;
		sh->ready++;
		return NULL;
	}
	sh->ready++;
	while (!io_worker_ended(&worker, &result))
		usleep(1000);
	if (result == 1)
		sh->bytes++;
	else
		sh->eintr++;
	return NULL;
}

static bool worker_has_read(void)
{
	return sh->bytes + sh->eintr == 1;
}

static bool worker_is_there(void)
{
	int all;

	count_traced(0, &all);
	return all == 4;
}

/* They are not stopped, and their I/O does not notice. */
static void test_threads_of_the_kernel(void **state)
{
	static thread_fn *const fns[] = { run_spared, read_by_worker, NULL };
	struct lp_threads t;
	int all;

	(void)state;
	start_child(fns, false);
	if (sh->eintr) {
		print_message("io_uring is not permitted here\n");
		end_child();
		return;
	}
	assert_true(wait_until(worker_is_there));
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(stop_all(&t, 5 * LP_S), LP_STOP_OK);
		assert_int_equal(lp_threads_n_kernel(&t), 1);
		int traced = count_traced('t', &all);
		assert_int_equal(traced, all - 2);
		lp_threads_release_quiet(&t);
		lp_threads_drain(&t, lp_now());
		assert_int_equal(count_traced(0, &all), 0);
	}
	assert_int_equal(write(sh->pipe[1], "a", 1), 1);
	assert_true(wait_until(worker_has_read));
	assert_int_equal(sh->eintr, 0);
	lp_threads_deinit(&t);
	end_child();
}

static void test_parse_stat(void **state)
{
	struct lp_stat st;

	(void)state;
	assert_true(lp_threads_parse_stat("1 (a) R 2 (b) S 1 1 1 0 -1 69239104 1 2", &st));
	assert_int_equal(st.state, 'S');
	assert_false(st.is_kernel);
	assert_true(lp_threads_parse_stat("1 (iou-wrk-1) S 1 1 1 0 -1 69239120 1 2", &st));
	assert_true(st.is_kernel);
	assert_true(lp_threads_parse_stat("1 (vhost-1) R 1 1 1 0 -1 69255488 1 2", &st));
	assert_true(st.is_kernel);
	assert_false(lp_threads_parse_stat("1 (iou-wrk-1) S 1 1 1 0 -1", &st));
	assert_false(lp_threads_parse_stat("1", &st));
}

/* Registers are those of the moment: the counter of a spinning thread does not move. */
static void test_registers(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, NULL };
	struct lp_threads t;
	int inside = 0;

	(void)state;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	assert_int_equal(stop_all(&t, 5 * LP_S), LP_STOP_OK);
	assert_int_equal(t.n, 2);
	for (size_t i = 0; i < t.n; i++) {
		u64 off = t.items[i].regs.rip - (u64)(uintptr_t)spin;

		assert_true(t.items[i].regs.rsp != 0);
		assert_true(t.items[i].regs.fs_base != 0);
		inside += off < 200;
	}
	assert_int_equal(inside, 1);
	lp_threads_release_quiet(&t);
	lp_threads_deinit(&t);
	end_child();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_kinds),
		TEST(test_newcomers),
		TEST(test_more_threads_than_expected),
		TEST(test_leader_has_ended),
		TEST(test_killed_while_stopped),
		TEST(test_other_tracer),
		TEST(test_straggler),
		TEST(test_registers),
		TEST(test_threads_of_the_kernel),
		TEST(test_parse_stat),
	};

	map_shared();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
