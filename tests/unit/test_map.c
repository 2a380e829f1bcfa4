/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/map.h"
#include "tests/unit/test.h"

static void empty_map_holds_nothing(void **state)
{
	(void)state;
	struct lp_map map = { 0 };

	assert_int_equal(lp_map_get_str(&map, "x"), LP_MAP_NONE);
}

static void set_gives_the_value_before(void **state)
{
	(void)state;
	struct lp_map map = { 0 };

	assert_int_equal(lp_map_set_str(&arena, &map, "x", 1), LP_MAP_NONE);
	assert_int_equal(lp_map_set_str(&arena, &map, "x", 2), 1);
	assert_int_equal(lp_map_get_str(&map, "x"), 2);
	assert_int_equal(map.n, 1);
}

static void keys_are_bytes_with_a_length(void **state)
{
	(void)state;
	struct lp_map map = { 0 };

	lp_map_set(&arena, &map, "a\0b", 3, 1);
	lp_map_set(&arena, &map, "a\0c", 3, 2);
	lp_map_set(&arena, &map, "", 0, 3);
	assert_int_equal(lp_map_get(&map, "a\0b", 3), 1);
	assert_int_equal(lp_map_get(&map, "a\0c", 3), 2);
	assert_int_equal(lp_map_get(&map, "", 0), 3);
	assert_int_equal(lp_map_get_str(&map, "a"), LP_MAP_NONE);
}

static void many_keys_survive_growth(void **state)
{
	(void)state;
	struct lp_map map = { 0 };

	for (u32 i = 0; i < 20000; i++)
		lp_map_set_str(&arena, &map, lp_printf(&arena, "symbol.%u", i), i);
	assert_int_equal(map.n, 20000);
	for (u32 i = 0; i < 20000; i++)
		assert_int_equal(lp_map_get_str(&map, lp_printf(&arena, "symbol.%u", i)), i);
	assert_int_equal(lp_map_get_str(&map, "symbol.20000"), LP_MAP_NONE);
}

static void hash_is_fnv1a_and_chains(void **state)
{
	(void)state;
	assert_true(lp_hash(0, "a", 1) == 0xaf63dc4c8601ec8c);
	assert_true(lp_hash(lp_hash(0, "foo", 3), "bar", 3) == 0x85944171f73967e8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_map_holds_nothing),	    TEST(set_gives_the_value_before),
		TEST(keys_are_bytes_with_a_length), TEST(many_keys_survive_growth),
		TEST(hash_is_fnv1a_and_chains),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
