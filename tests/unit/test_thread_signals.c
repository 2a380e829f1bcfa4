/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of signals, masks and a group-stop of threads that are stopped and let go. */
#include "tests/unit/threads_child.h"

#include "raxlpxs/threads.h"

static unsigned long n_sent;

static bool all_signals_came(void)
{
	return sh->signals == n_sent;
}

/* Real-time signals queue, so that each one that gets lost or doubled shows. */
static void test_signals_are_given_back(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, spin, block_in_read, NULL };
	union sigval value = { 0 };
	struct lp_threads t;

	(void)state;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	for (n_sent = 0; n_sent < 600;) {
		struct lp_stop_trouble trouble;

		for (int i = 0; i < 2; i++)
			n_sent += !sigqueue(child, SIGRTMIN, value);
		assert_int_equal(lp_threads_seize_quiet(&t, &trouble), LP_STOP_OK);
		n_sent += !sigqueue(child, SIGRTMIN, value);
		assert_int_equal(lp_threads_stop_quiet(&t, lp_now() + 5 * LP_S, &trouble),
				 LP_STOP_OK);
		n_sent += !sigqueue(child, SIGRTMIN, value);
		lp_threads_release_quiet(&t);
	}
	assert_true(wait_until(all_signals_came));
	assert_int_equal(sh->eintr, 0);
	lp_threads_deinit(&t);
	end_child();
}

static u64 blocked_in(pid_t tid)
{
	char mask[32];

	status_value(tid, "SigBlk:", mask, sizeof(mask));
	return strtoull(mask + strspn(mask, "\t"), NULL, 16);
}

static pid_t masked;
static u64 mask_wanted;

/* One in ppoll() has an empty mask meanwhile. */
static bool has_its_mask(void)
{
	u64 mask = blocked_in(masked);

	return mask == mask_wanted || !mask;
}

static bool gets_mask(pid_t tid, u64 mask)
{
	masked = tid;
	mask_wanted = mask;
	return wait_until(has_its_mask);
}

/* Should they be let go by the end of their tracer, they can get what a closed entry gives them. */
static void test_stopped_ones_can_get_sigill(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, spin_blocked, block_in_ppoll, NULL };
	const u64 sigill = 1u << (SIGILL - 1);
	struct lp_thread before[4];
	struct lp_threads t;
	int n_blocked = 0;

	(void)state;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	for (int round = 0; round < 3; round++) {
		assert_int_equal(stop_all(&t, 5 * LP_S), LP_STOP_OK);
		assert_int_equal(t.n, 4); /* and the first one */
		memcpy(before, t.items, sizeof(before));
		for (size_t i = 0; i < 4; i++) {
			assert_false(blocked_in(before[i].tid) & sigill);
			n_blocked += before[i].blocked != 0;
		}
		lp_threads_release_quiet(&t);
		lp_threads_drain(&t, lp_now());
		for (size_t i = 0; i < 4; i++)
			assert_true(!before[i].blocked ||
				    gets_mask(before[i].tid, before[i].blocked));
	}
	assert_int_equal(n_blocked, 6);
	assert_running();
	assert_int_equal(sh->eintr, 0);
	lp_threads_deinit(&t);
	end_child();
}

static bool in_group_stop(void)
{
	char st[32];

	status_value(child, "State:", st, sizeof(st));
	return *st == 'T';
}

static void test_group_stop_is_kept(void **state)
{
	static thread_fn *const fns[] = { run_spared, spin, block_in_read, NULL };
	struct lp_threads t;

	(void)state;
	start_child(fns, false);
	assert_ok(lp_threads_init(&t, &arena, child, sh->spared, NULL));
	kill(child, SIGSTOP);
	assert_true(wait_until(in_group_stop));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(stop_all(&t, 5 * LP_S), LP_STOP_OK);
		lp_threads_release_quiet(&t);
		assert_true(wait_until(in_group_stop));
	}
	ticks_before = sh->ticks;
	assert_false(it_ticks());
	kill(child, SIGCONT);
	assert_running();
	assert_int_equal(sh->eintr, 0);
	lp_threads_deinit(&t);
	end_child();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signals_are_given_back),
		TEST(test_stopped_ones_can_get_sigill),
		TEST(test_group_stop_is_kept),
	};

	map_shared();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
