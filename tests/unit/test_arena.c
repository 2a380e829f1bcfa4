/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/wait.h>

#include "lib/vec.h"
#include "tests/unit/test.h"

static bool is_zero(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return false;
	}
	return true;
}

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	(void)state;
	u8 *before = NULL;

	for (size_t size = 0; size < 3000; size += 7) {
		u8 *p = lp_alloc(&arena, size);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_true(is_zero(p, size));
		memset(p, 0xff, size);
		assert_true(!before || before == p || before[0] == 0xff);
		before = size ? p : NULL;
	}
}

static void large_blocks_do_not_waste_the_current_one(void **state)
{
	(void)state;
	u8 *big = lp_alloc(&arena, 5 << 20);

	assert_true(is_zero(big, 5 << 20));
	big[(5 << 20) - 1] = 1;
	lp_arena_deinit(&arena);
	assert_null(arena.head);
	assert_non_null(lp_alloc(&arena, 1));
}

static void strings_are_copied(void **state)
{
	(void)state;
	char text[] = "abcdef";
	char *all = lp_strdup(&arena, text), *some = lp_strndup(&arena, text, 3);
	char *beyond = lp_strndup(&arena, text, 99);

	text[0] = 'X';
	assert_string_equal(all, "abcdef");
	assert_string_equal(some, "abc");
	assert_string_equal(beyond, "abcdef");
	assert_string_equal(lp_printf(&arena, "%s-%d", all, 7), "abcdef-7");
	assert_memory_equal(lp_memdup(&arena, "a\0b", 3), "a\0b", 3);
}

static void overflow_ends_the_program_with_1(void **state)
{
	(void)state;
	fflush(stdout);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct lp_arena child = { 0 };

		if (!freopen("/dev/null", "w", stderr))
			_exit(9);
		/* volatile: the compiler sees the overflow and warns otherwise */
		volatile size_t n = SIZE_MAX / 8;

		lp_alloc_array(&child, n, 16);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void vectors_grow_and_keep_their_items(void **state)
{
	(void)state;
	LP_VEC(u32) vec = { 0 };

	for (u32 i = 0; i < 10000; i++)
		lp_vec_push(&arena, &vec, i * 3);
	assert_int_equal(vec.n, 10000);
	assert_true(vec.cap >= vec.n);
	for (u32 i = 0; i < 10000; i++)
		assert_int_equal(vec.items[i], i * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_is_zeroed_aligned_and_apart),
		TEST(large_blocks_do_not_waste_the_current_one),
		TEST(strings_are_copied),
		TEST(overflow_ends_the_program_with_1),
		TEST(vectors_grow_and_keep_their_items),
	};

	return cmocka_run_group_tests_name("arena and vec", tests, NULL, NULL);
}
