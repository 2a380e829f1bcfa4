/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/diff.h"
#include "tests/unit/test.h"

static void names_lose_what_the_compiler_appends(void **state)
{
	(void)state;
	static const char *const names[][2] = {
		{ "count.3", "count" },
		{ "f.constprop.0", "f.constprop" },
		{ "f.count.12", "f.count" },
		{ "plain", "plain" },
		{ "x9", "x9" },
		{ ".7", ".7" },
		{ "a.1.2", "a" },
		{ "trailing.", "trailing." },
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++)
		assert_string_equal(cdo_base_name(&arena, names[i][0]), names[i][1]);
	assert_true(cdo_is_cold_name("f.cold"));
	assert_true(cdo_is_cold_name("f.part.0.cold"));
	assert_false(cdo_is_cold_name("f.colder"));
	assert_true(cdo_is_compiler_object("__func__"));
	assert_false(cdo_is_compiler_object("__func__names"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_lose_what_the_compiler_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
