/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel has mapped of the listener's code and constants while it sleeps, and afterwards;
 * and that what others have on the first and the last page stays as it is.
 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <pthread.h>

#include "runtime/idle.h"
#include "runtime/mem.h"
#include "runtime/own.h"
#include "runtime/sandbox.h"

/* proc_pid_pagemap(5) */
#define PRESENT	  (1ull << 63)
#define FROM_FILE (1ull << 61)

struct bounds {
	uintptr_t start, end;
};

static struct bounds code(void)
{
	return (struct bounds){ (uintptr_t)__start_sandbox_code, (uintptr_t)__stop_sandbox_code };
}

static struct bounds constants(void)
{
	return (struct bounds){ (uintptr_t)__start_sandbox_rodata,
				(uintptr_t)__stop_sandbox_rodata };
}

static u64 page_of(uintptr_t addr)
{
	u64 entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	assert_int_equal(pread(fd, &entry, sizeof(entry), (off_t)(addr / SB_PAGE * sizeof(entry))),
			 sizeof(entry));
	close(fd);
	return entry;
}

/* Of the whole pages of B those that are mapped; *RET_MISSING the others. */
static size_t count_pages(struct bounds b, size_t *ret_missing)
{
	size_t present = 0;

	*ret_missing = 0;
	for (uintptr_t p = sb_align(b.start, SB_PAGE); p + SB_PAGE <= b.end; p += SB_PAGE)
		++*(page_of(p) & PRESENT ? &present : ret_missing);
	return present;
}

__attribute__((no_sanitize("address"))) static void touch(struct bounds b)
{
	for (uintptr_t p = b.start; p < b.end; p++)
		(void)*(const volatile u8 *)p;
}

/* Makes a copy of the page that is this process's, as a patch does. */
static void write_same(uintptr_t addr)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	assert_int_equal(pwrite(fd, (const void *)addr, 1, (off_t)addr), 1);
	close(fd);
	assert_false(page_of(addr) & FROM_FILE);
}

static int fds[2];

static void *sleep_idle(void *arg)
{
	struct pollfd fd = { .fd = fds[0], .events = POLLIN };

	*(int *)arg = sb_idle_poll(&fd, 1);
	return NULL;
}

static void pages_are_dropped_while_asleep(void **state)
{
	size_t missing_code, missing_constants;
	pthread_t thread;
	int rc = 0;

	(void)state;
	touch(code());
	touch(constants());
	assert_true(count_pages(code(), &missing_code) > 10);
	assert_true(count_pages(constants(), &missing_constants) > 2);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pthread_create(&thread, NULL, sleep_idle, &rc), 0);
	while (count_pages(code(), &missing_code) > 1) /* that of who sleeps */
		usleep(100);
	assert_int_equal(count_pages(constants(), &missing_constants), 0);
	assert_true(missing_code && missing_constants);
	assert_int_equal(write(fds[1], "a", 1), 1);
	pthread_join(thread, NULL);
	assert_int_equal(rc, 1);
	count_pages(code(), &missing_code);
	count_pages(constants(), &missing_constants);
	assert_int_equal(missing_code + missing_constants, 0);
}

/* Their pages may hold the jump of a patch. */
static void neighbours_keep_what_was_written(void **state)
{
	const uintptr_t others[] = { code().start - 1, code().end, constants().start - 1,
				     constants().end };
	struct pollfd fd = { .fd = fds[0], .events = POLLIN };

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(others); i++)
		write_same(others[i]);
	assert_int_equal(write(fds[1], "a", 1), 1);
	assert_int_equal(sb_idle_poll(&fd, 1), 1);
	for (size_t i = 0; i < LP_ARRAY_SIZE(others); i++)
		assert_false(page_of(others[i]) & FROM_FILE);
}

static void own_is_refused(void **state)
{
	(void)state;
	assert_true(sb_is_own(code().start, 1));
	assert_true(sb_is_own(code().end - 1, 1));
	assert_true(sb_is_own(code().start - 1, 2));
	assert_false(sb_is_own(code().start - 1, 1));
	assert_true(sb_is_own(constants().start, 1));
	assert_true(sb_is_own((uintptr_t)__start_sandbox_quiet, 1));
	assert_false(sb_is_own((uintptr_t)sandbox_context_add, 16));
	assert_false(sb_is_own((uintptr_t)own_is_refused, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_are_dropped_while_asleep),
		TEST(neighbours_keep_what_was_written),
		TEST(own_is_refused),
	};

	sandbox_stop(); /* nothing has started; all of the runtime is linked */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
