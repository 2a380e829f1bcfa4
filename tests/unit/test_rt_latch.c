/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries that are rewritten while threads run through them, as they do when a client is killed in
 * the window. The functions here may be changed at any time: no thread is ever between the bytes of
 * their first instruction, which has five.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "runtime/latch.h"
#include "tests/unit/rt_payload.h"

#define N_THREADS  4
#define N_CYCLES   2000
#define MAX_CYCLES 200000

int rt_new_1(void);
int rt_new_2(void);
__asm__(".pushsection .text\n"
	".type rt_new_1,@function\nrt_new_1: mov $11,%eax; ret\n"
	".type rt_new_2,@function\nrt_new_2: mov $22,%eax; ret\n"
	".popsection\n");

static struct sb_core core;
static bool is_over;
static u64 n_wrong, n_old, n_new;
static u64 n_changes; /* that are over */

static void make_jump(uint8_t out[LIVEPATCH_JUMP_LEN], u64 from, u64 to)
{
	s32 distance = (s32)(to - from - LIVEPATCH_JUMP_LEN);

	out[0] = 0xe9;
	memcpy(out + 1, &distance, sizeof(distance));
}

static struct sb_patch *the_patch(void)
{
	static int (*const functions[2][2])(void) = { { rt_old_1, rt_new_1 },
						      { rt_old_2, rt_new_2 } };
	static uint8_t old[2][LIVEPATCH_JUMP_LEN], new[2][LIVEPATCH_JUMP_LEN];
	static struct sb_write writes[2];
	static struct sb_patch patch = { .n_funcs = 2, .writes = writes, .n_writes = 2 };

	for (int i = 0; i < 2; i++) {
		u64 at = (u64)(uintptr_t)functions[i][0];

		memcpy(old[i], (const void *)(uintptr_t)at, sizeof(old[i]));
		make_jump(new[i], at, (u64)(uintptr_t)functions[i][1]);
		writes[i] = (struct sb_write){ .addr = at,
					       .len = LIVEPATCH_JUMP_LEN,
					       .prot = PROT_READ | PROT_EXEC,
					       .old = old[i],
					       .new = new[i] };
	}
	return &patch;
}

/* In the course of one change all are new once one is new; and the same the other way round. */
static void *call_both(void *arg)
{
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		u64 change = __atomic_load_n(&n_changes, __ATOMIC_ACQUIRE);
		int first = rt_old_1(), second = rt_old_2(), third = rt_old_1();
		bool was_new = first == 11, is_new = third == 11;
		bool torn = was_new == is_new && was_new != (second == 22) &&
			    change == __atomic_load_n(&n_changes, __ATOMIC_ACQUIRE);

		if (torn || (first != 1 && first != 11) || (second != 2 && second != 22) ||
		    (third != 1 && third != 11))
			__atomic_fetch_add(&n_wrong, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(is_new ? &n_new : &n_old, 1, __ATOMIC_RELAXED);
	}
	return arg;
}

static struct sb_latch *prepared(const struct sb_patch *patch, bool put_in)
{
	static const struct sb_patches none;
	struct sb_error err;
	struct sb_latch *latch = sb_latch_prepare(&none, patch, put_in, &err);

	assert_non_null(latch);
	return latch;
}

static void change(const struct sb_patch *patch, bool put_in, bool all_stopped)
{
	struct sb_latch *latch = prepared(patch, put_in);
	int fd = core.writer.mem_fd;
	uint32_t at;

	assert_int_equal(sb_latch_check_quiet(latch, &at), 0);
	assert_int_equal(sb_latch_close_quiet(latch, fd), 0);
	assert_int_equal(*(const volatile u8 *)(uintptr_t)rt_old_1, SB_CLOSED);
	core.writer.heads_closed = true;
	assert_int_equal(
		sb_exchange_quiet(&core.writer, patch, put_in ? SB_PUT_IN : SB_TAKE_OUT, &at), 0);
	core.writer.heads_closed = false;
	assert_int_equal(*(const volatile u8 *)(uintptr_t)rt_old_1, SB_CLOSED);
	sb_latch_open_quiet(latch, fd, true);
	sb_latch_release_quiet(latch, all_stopped);
	sb_latch_destroy(latch);
	__atomic_fetch_add(&n_changes, 1, __ATOMIC_RELEASE);
}

static int n_handled;

static void on_ud2(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	n_handled++;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
}

/* cmocka takes it for each test. */
static void take_sigill(void)
{
	struct sigaction action = { .sa_sigaction = on_ud2, .sa_flags = SA_SIGINFO };

	assert_int_equal(sigaction(SIGILL, &action, NULL), 0);
}

static bool sigill_is_ours(void)
{
	struct sigaction now;

	assert_int_equal(sigaction(SIGILL, NULL, &now), 0);
	return now.sa_sigaction == on_ud2;
}

static void another_sigill_is_passed_on(void **state)
{
	struct sb_latch *latch = prepared(the_patch(), true);

	(void)state;
	take_sigill();
	assert_int_equal(sb_latch_close_quiet(latch, core.writer.mem_fd), 0);
	assert_false(sigill_is_ours());
	__asm__ volatile("ud2");
	assert_int_equal(n_handled, 1);
	sb_latch_open_quiet(latch, core.writer.mem_fd, false);
	sb_latch_release_quiet(latch, true);
	sb_latch_destroy(latch);
	assert_true(sigill_is_ours());
	assert_int_equal(rt_old_1(), 1);
}

/* A site that can't be written: those before it are open again. */
static void closing_is_all_or_nothing(void **state)
{
	struct sb_latch *latch = prepared(the_patch(), true);
	u64 addr = latch->sites[1].addr;

	(void)state;
	take_sigill();
	latch->sites[1].addr = 4096; /* nothing is there */
	assert_true(sb_latch_close_quiet(latch, core.writer.mem_fd) < 0);
	assert_int_equal(rt_old_1(), 1);
	latch->sites[1].addr = addr;
	sb_latch_release_quiet(latch, true);
	sb_latch_destroy(latch);
	assert_true(sigill_is_ours());
}

static void a_changed_entry_is_seen(void **state)
{
	struct sb_latch *latch = prepared(the_patch(), false);
	uint32_t at;

	(void)state;
	assert_int_equal(sb_latch_check_quiet(latch, &at), -ESTALE);
	assert_int_equal(at, 0);
	sb_latch_destroy(latch);
}

/* The newest layer says what is there, the last one that is added what will be. */
static void replacing_closes_each_site_once(void **state)
{
	struct sb_patch *patch = the_patch(), under = *patch;
	struct sb_patches patches = { &under, &under, 1 };
	struct sb_error err;
	struct sb_latch *latch;

	(void)state;
	patch->replaces = true;
	patch->n_funcs = 1;
	latch = sb_latch_prepare(&patches, patch, true, &err);
	assert_non_null(latch);
	assert_int_equal(latch->n, 2);
	assert_int_equal(latch->sites[0].now[0], 0xe9);
	assert_int_equal(latch->sites[0].after, 0xe9);
	assert_int_equal(latch->sites[1].now[0], 0xe9);
	assert_int_equal(latch->sites[1].after, patch->writes[1].old[0]);
	sb_latch_destroy(latch);
	patch->replaces = false;
	patch->n_funcs = 2;
}

/* On a busy host nobody may have run in so many cycles. */
static bool is_one_missing(void)
{
	return !__atomic_load_n(&n_old, __ATOMIC_RELAXED) ||
	       !__atomic_load_n(&n_new, __ATOMIC_RELAXED);
}

/* All run, all the time; from the first cycle on nobody knows who is on the way to the handler. */
static void nobody_sees_half_of_it(void **state)
{
	const struct sb_patch *patch = the_patch();
	pthread_t threads[N_THREADS];

	(void)state;
	take_sigill();
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_both, NULL), 0);
	for (int i = 0; i < N_CYCLES || (is_one_missing() && i < MAX_CYCLES); i++) {
		struct sb_latch *latch = prepared(patch, true);

		assert_int_equal(sb_latch_close_quiet(latch, core.writer.mem_fd), 0);
		sb_latch_open_quiet(latch, core.writer.mem_fd, false); /* the client has left */
		sb_latch_release_quiet(latch, false);
		change(patch, true, false);
		change(patch, false, false);
	}
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_false(is_one_missing());
	assert_int_equal(n_wrong, 0);
	assert_int_equal(rt_old_1() + rt_old_2(), 3);
	assert_false(sigill_is_ours());
}

/* Behind nobody_sees_half_of_it(): the handler was ours, and the program takes the signal again. */
static void a_later_handler_comes_back(void **state)
{
	(void)state;
	n_handled = 0;
	take_sigill();
	for (int i = 0; i < 2; i++) {
		struct sb_latch *latch = prepared(the_patch(), true);

		assert_int_equal(sb_latch_close_quiet(latch, core.writer.mem_fd), 0);
		assert_false(sigill_is_ours());
		__asm__ volatile("ud2");
		assert_int_equal(n_handled, i + 1);
		sb_latch_open_quiet(latch, core.writer.mem_fd, false);
		sb_latch_release_quiet(latch, true);
		sb_latch_destroy(latch);
		assert_true(sigill_is_ours());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_sigill_is_passed_on),
		cmocka_unit_test(closing_is_all_or_nothing),
		cmocka_unit_test(a_changed_entry_is_seen),
		cmocka_unit_test(replacing_closes_each_site_once),
		cmocka_unit_test(nobody_sees_half_of_it), /* it leaves the handler */
		cmocka_unit_test(a_later_handler_comes_back),
	};

	sb_exe_init(&core.exe);
	sb_areas_init(core.areas);
	sb_writer_init(&core.writer, core.areas);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
