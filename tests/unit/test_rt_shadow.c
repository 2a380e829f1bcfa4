/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values attached to addresses; also run under TSan. */
#include <pthread.h>

#include "runtime/livepatch.h"
#include "runtime/shadow.h"
#include "tests/unit/test.h"

static int objects[4];
static char one[] = "one", two[] = "two";

static void a_value_is_found_again(void **state)
{
	u64 *value = livepatch_shadow_get_or_alloc(&objects[0], 1, 24, NULL, NULL);

	(void)state;
	assert_non_null(value);
	assert_int_equal((uintptr_t)value % 16, 0);
	assert_int_equal(value[0] | value[1] | value[2], 0);
	value[2] = 5;
	assert_ptr_equal(livepatch_shadow_get(&objects[0], 1), value);
	assert_ptr_equal(livepatch_shadow_get_or_alloc(&objects[0], 1, 24, NULL, NULL), value);
	assert_int_equal(value[2], 5);
	assert_null(livepatch_shadow_get(&objects[0], 2));
	assert_null(livepatch_shadow_get(&objects[1], 1));
	assert_int_equal(sb_shadow_count(), 1);
	livepatch_shadow_free(&objects[1], 1, NULL); /* there is none */
	livepatch_shadow_free(&objects[0], 1, NULL);
	assert_null(livepatch_shadow_get(&objects[0], 1));
	assert_int_equal(sb_shadow_count(), 0);
}

static void a_smaller_value_is_not_given(void **state)
{
	(void)state;
	assert_non_null(livepatch_shadow_get_or_alloc(&objects[0], 1, 8, NULL, NULL));
	assert_null(livepatch_shadow_get_or_alloc(&objects[0], 1, 9, NULL, NULL));
	assert_non_null(livepatch_shadow_get_or_alloc(&objects[0], 1, 4, NULL, NULL));
	assert_null(livepatch_shadow_get_or_alloc(&objects[1], 1, SIZE_MAX, NULL, NULL));
	livepatch_shadow_free(&objects[0], 1, NULL);
	assert_int_equal(sb_shadow_count(), 0);
}

static int init(void *value, const void *object, void *context)
{
	memcpy(value, context, 4);
	return object == &objects[3];
}

static void init_sets_up_or_fails(void **state)
{
	(void)state;
	assert_string_equal(livepatch_shadow_get_or_alloc(&objects[0], 1, 4, init, one), "one");
	assert_string_equal(livepatch_shadow_get_or_alloc(&objects[0], 1, 4, init, two), "one");
	assert_null(livepatch_shadow_get_or_alloc(&objects[3], 1, 4, init, one));
	assert_null(livepatch_shadow_get(&objects[3], 1));
	assert_int_equal(sb_shadow_count(), 1);
	livepatch_shadow_free(&objects[0], 1, NULL);
}

static unsigned destroyed;

static void destroy(void *value, const void *object)
{
	assert_true(!memcmp(value, "one", 4));
	destroyed |= 1u << ((const int *)object - objects);
}

static void all_of_an_id_go(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_non_null(
			livepatch_shadow_get_or_alloc(&objects[i], (u64)i % 2 + 7, 4, NULL, NULL));
	for (int i = 0; i < 4; i += 2)
		memcpy(livepatch_shadow_get(&objects[i], 7), "one", 4);
	livepatch_shadow_free_all(7, destroy);
	assert_int_equal(destroyed, 5);
	assert_int_equal(sb_shadow_count(), 2);
	assert_null(livepatch_shadow_get(&objects[2], 7));
	assert_non_null(livepatch_shadow_get(&objects[1], 8));
	livepatch_shadow_free_all(8, NULL);
	assert_int_equal(sb_shadow_count(), 0);
}

static void the_number_is_bounded(void **state)
{
	(void)state;
	for (u64 i = 0; i < SB_MAX_SHADOW; i++)
		assert_non_null(livepatch_shadow_get_or_alloc(&objects[0], i, 1, NULL, NULL));
	assert_null(livepatch_shadow_get_or_alloc(&objects[1], 1, 1, NULL, NULL));
	assert_non_null(livepatch_shadow_get_or_alloc(&objects[0], 1, 1, NULL, NULL));
	livepatch_shadow_free(&objects[0], 5, NULL);
	assert_non_null(livepatch_shadow_get_or_alloc(&objects[1], 1, 1, NULL, NULL));
	for (u64 i = 0; i < SB_MAX_SHADOW; i++)
		livepatch_shadow_free(&objects[0], i, NULL);
	livepatch_shadow_free(&objects[1], 1, NULL);
	assert_int_equal(sb_shadow_count(), 0);
}

static void *count_up(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		u64 *value = livepatch_shadow_get_or_alloc(&objects[i % 4], 1, 8, NULL, NULL);

		__atomic_add_fetch(value, 1, __ATOMIC_RELAXED);
		livepatch_shadow_get_or_alloc(arg, (u64)i, 8, NULL, NULL);
		livepatch_shadow_free(arg, (u64)i, NULL);
	}
	return NULL;
}

static void threads_share_the_values(void **state)
{
	pthread_t threads[4];
	int owners[4];
	u64 sum = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_up, &owners[i]), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 4; i++)
		sum += *(u64 *)livepatch_shadow_get(&objects[i], 1);
	assert_int_equal(sum, 8000);
	assert_int_equal(sb_shadow_count(), 4);
	livepatch_shadow_free_all(1, NULL);
	assert_int_equal(sb_shadow_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_value_is_found_again), TEST(a_smaller_value_is_not_given),
		TEST(init_sets_up_or_fails),  TEST(all_of_an_id_go),
		TEST(the_number_is_bounded),  TEST(threads_share_the_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
