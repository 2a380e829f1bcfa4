/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at threads that nobody stops: one rests in the function, one only has its address lying
 * around, one passes through it all the time, one spins outside.
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "raxlpxs/clock.h"
#include "raxlpxs/predict.h"

enum { INSIDE, OLD_VALUE, PASSING, SPINNING, N_KINDS };

static struct shared {
	atomic_int tid[N_KINDS];
} * sh;

extern const char __start_target_text[], __stop_target_text[];
__attribute__((noinline, section("target_text"))) static int target(const struct timespec *ts)
{
	volatile int n = nanosleep(ts, NULL);

	return n + 1;
}

static void *run(void *arg)
{
	static const struct timespec for_ever = { .tv_sec = 1000000 }, shortly = { .tv_nsec = 1 };
	volatile uintptr_t word = (uintptr_t)__start_target_text + 5;
	atomic_int *tid = arg;

	*tid = (int)syscall(SYS_gettid);
	switch ((int)(tid - sh->tid)) {
	case INSIDE:
		target(&for_ever);
		break;
	case OLD_VALUE:
		nanosleep(&for_ever, NULL);
		break;
	case PASSING:
		for (;;) {
			target(&shortly);
			nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
		}
	default:
		while (word)
			;
	}
	return NULL;
}

static pid_t start_child(void)
{
	u64 deadline = lp_now() + 10 * LP_S;
	pid_t child = fork();
	pthread_t t;

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < N_KINDS; i++)
			pthread_create(&t, NULL, run, &sh->tid[i]);
		for (;;)
			pause();
	}
	for (int i = 0; i < N_KINDS; i++)
		while (!sh->tid[i] && lp_left(deadline))
			usleep(1000);
	return child;
}

static void test_looks(void **state)
{
	const struct wire_range range = {
		.start = (u64)(uintptr_t)__start_target_text,
		.size = (u64)(__stop_target_text - __start_target_text),
	};
	struct lp_sighting *found;
	struct lp_ranges ranges;
	size_t n;

	(void)state;
	assert_true(lp_ranges_init(&ranges, &range, 1, false));
	pid_t child = start_child();
	struct lp_unwind *unwind = lp_unwind_create(child);

	assert_non_null(unwind);
	assert_ok(lp_predict(&arena, child, 0, unwind, &ranges, &found, &n));
	const struct lp_sighting *stuck = lp_predict_stuck(found, n);
	assert_non_null(stuck);
	assert_int_equal(stuck->busy.tid, sh->tid[INSIDE]);
	assert_int_equal(stuck->busy.kind, LP_BUSY_FRAME);
	assert_int_equal(stuck->busy.range, 0);
	assert_true(stuck->busy.trail.n > 1);
	for (size_t i = 0; i < n; i++)
		assert_true(found[i].busy.tid == sh->tid[INSIDE] ||
			    found[i].busy.tid == sh->tid[PASSING]);
	/* The one that is spared is not looked at. */
	assert_ok(lp_predict(&arena, child, sh->tid[INSIDE], unwind, &ranges, &found, &n));
	assert_null(lp_predict_stuck(found, n));
	lp_unwind_destroy(unwind);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_err(lp_predict(&arena, child, 0, NULL, &ranges, &found, &n), LP_FAILED,
		   "cannot list the threads");
}

static void test_stuck(void **state)
{
	struct lp_sighting s[] = { { .seen = 4, .looked = 4 }, { .seen = 9, .looked = 10 } };

	(void)state;
	assert_null(lp_predict_stuck(s, 0));
	assert_null(lp_predict_stuck(s, 2));
	s[1].seen = 10;
	assert_ptr_equal(lp_predict_stuck(s, 2), &s[1]);
}

static void test_parse(void **state)
{
	u64 sp = 0, pc = 0;

	(void)state;
	assert_true(
		lp_predict_parse("7 0x1 0x2 0xffffffff 0x0 0x0 0x1 0x7ffd10 0x7f20\n", &sp, &pc));
	assert_true(sp == 0x7ffd10 && pc == 0x7f20);
	assert_true(lp_predict_parse("-1 0x7ffd18 0x7f28\n", &sp, &pc));
	assert_true(sp == 0x7ffd18 && pc == 0x7f28);
	assert_false(lp_predict_parse("running\n", &sp, &pc));
	assert_false(lp_predict_parse("7 0x1 0x2 0x3\n", &sp, &pc));
	assert_false(lp_predict_parse("", &sp, &pc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_looks),
		TEST(test_stuck),
		TEST(test_parse),
	};

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
