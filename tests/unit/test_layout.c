/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where pieces come to lie in the payload's sections. */
#include "test.h"

#include "extract-patch/patch.h"

static struct ep_patch patch;

static u32 piece(enum ep_area area, const char *name, u64 size, u64 align)
{
	static const u8 bytes[64];

	return ep_piece_add(&patch, area, name, STT_FUNC, bytes, size, align);
}

static u64 off_of(u32 idx)
{
	return patch.pieces.items[idx].out_off;
}

static void test_text(void **state)
{
	(void)state;
	patch = (struct ep_patch){ .arena = &arena };
	u32 cold = piece(EP_TEXT, "one.cold", 7, 1), one = piece(EP_TEXT, "one", 5, 16);
	u32 two = piece(EP_TEXT, "two", 3, 16), stub = piece(EP_TEXT, "puts@stub", 6, 2);

	ep_layout(&patch);
	assert_int_equal(off_of(one), 0);
	assert_int_equal(off_of(two), 16);
	assert_int_equal(off_of(stub), 20);
	assert_int_equal(off_of(cold), 26);
	assert_int_equal(patch.area_size[EP_TEXT], 33);
	assert_int_equal(patch.area_align[EP_TEXT], 16);
}

static void test_data(void **state)
{
	(void)state;
	patch = (struct ep_patch){ .arena = &arena };
	u32 text = piece(EP_RODATA, NULL, 3, 1), wide = piece(EP_RODATA, NULL, 24, 16);
	u32 word = piece(EP_RODATA, NULL, 8, 8), other = piece(EP_RODATA, NULL, 16, 16);

	ep_layout(&patch);
	assert_int_equal(off_of(wide), 0);
	assert_int_equal(off_of(other), 32);
	assert_int_equal(off_of(word), 48);
	assert_int_equal(off_of(text), 56);
	assert_int_equal(patch.area_size[EP_RODATA], 59);
	assert_int_equal(patch.area_size[EP_DATA], 0);
}

static void test_cold_names(void **state)
{
	static const char *const cold[] = { "f.cold", "f.constprop.0.cold", "f.cold.3" };
	static const char *const other[] = { "f", "f.colder", "f.cold.x", "cold", "f.part.0" };

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(cold); i++)
		assert_true(ep_is_cold_part(cold[i]));
	for (size_t i = 0; i < LP_ARRAY_SIZE(other); i++)
		assert_false(ep_is_cold_part(other[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_text), TEST(test_data),
					    TEST(test_cold_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
