/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "runtime/area.h"
#include "runtime/mem.h"
#include "tests/unit/test.h"

#define PAGES 8

static u8 taken[PAGES];
static struct sb_area area;

static int setup(void **state)
{
	(void)state;
	memset(taken, 0, sizeof(taken));
	area = (struct sb_area){ .base = (u8 *)0x10000, .taken = taken, .n_pages = PAGES };
	return 0;
}

static void assert_usage(size_t free_pages, size_t largest_pages)
{
	struct sb_usage usage = sb_area_usage(&area);

	assert_int_equal(usage.total, PAGES * SB_PAGE);
	assert_int_equal(usage.free, free_pages * SB_PAGE);
	assert_int_equal(usage.largest, largest_pages * SB_PAGE);
}

static void spans_are_whole_pages_and_never_shared(void **state)
{
	struct sb_span a, b;

	(void)state;
	assert_true(sb_area_take(&area, 1, &a));
	assert_true(sb_area_take(&area, SB_PAGE + 1, &b));
	assert_int_equal(a.n, 1);
	assert_int_equal(a.used, 1);
	assert_int_equal(b.first, 1);
	assert_int_equal(b.n, 2);
	assert_int_equal(sb_span_addr(&area, &b), 0x10000 + SB_PAGE);
	assert_usage(5, 5);
}

static void first_fit_fills_a_hole(void **state)
{
	struct sb_span a, b, c;

	(void)state;
	assert_true(sb_area_take(&area, 2 * SB_PAGE, &a));
	assert_true(sb_area_take(&area, SB_PAGE, &b));
	sb_area_give(&area, &a);
	assert_int_equal(a.n, 0);
	assert_usage(7, 5);
	assert_true(sb_area_take(&area, 3 * SB_PAGE, &c));
	assert_int_equal(c.first, 3); /* the hole is too small */
	assert_true(sb_area_take(&area, SB_PAGE, &a));
	assert_int_equal(a.first, 0);
}

static void too_much_is_refused_and_takes_nothing(void **state)
{
	struct sb_span a, b;

	(void)state;
	assert_false(sb_area_take(&area, PAGES * SB_PAGE + 1, &a));
	assert_false(sb_area_take(&area, SIZE_MAX, &a));
	assert_int_equal(a.n, 0);
	assert_true(sb_area_take(&area, PAGES * SB_PAGE, &a));
	assert_usage(0, 0);
	assert_false(sb_area_take(&area, 1, &b));
	sb_area_give(&area, &b); /* an empty span gives nothing back */
	assert_usage(0, 0);
	sb_area_give(&area, &a);
	assert_usage(PAGES, PAGES);
}

static void no_bytes_need_no_page(void **state)
{
	struct sb_span a;

	(void)state;
	assert_true(sb_area_take(&area, 0, &a));
	assert_int_equal(a.n, 0);
	assert_usage(PAGES, PAGES);
}

static void arena_gives_zeroed_aligned_memory(void **state)
{
	struct sb_arena mem = { 0 };
	u8 *big;

	(void)state;
	for (size_t size = 0; size < 3000; size += 7) {
		u8 *p = sb_alloc(&mem, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	big = sb_alloc(&mem, 1 << 20);
	assert_non_null(big);
	assert_int_equal(big[(1 << 20) - 1], 0);
	assert_null(sb_alloc(&mem, SIZE_MAX));
	assert_null(sb_alloc_array(&mem, SIZE_MAX / 2, 3));
	sb_arena_deinit(&mem);
}

static void buffer_grows_and_shrinks(void **state)
{
	struct sb_buf buf = { 0 };

	(void)state;
	for (u32 i = 0; i < 100000; i++)
		assert_true(sb_buf_append(&buf, &i, sizeof(i)));
	assert_int_equal(buf.len, 400000);
	assert_int_equal(((u32 *)buf.data)[99999], 99999);
	sb_buf_consume(&buf, 399996);
	assert_int_equal(buf.len, 4);
	assert_int_equal(((u32 *)buf.data)[0], 99999);
	sb_buf_reset(&buf);
	assert_int_equal(buf.cap, 0);
	assert_false(sb_buf_reserve(&buf, SIZE_MAX / 2));
	assert_true(buf.failed);
	assert_false(sb_buf_append(&buf, "x", 1));
	sb_buf_deinit(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(spans_are_whole_pages_and_never_shared, setup),
		cmocka_unit_test_setup(first_fit_fills_a_hole, setup),
		cmocka_unit_test_setup(too_much_is_refused_and_takes_nothing, setup),
		cmocka_unit_test_setup(no_bytes_need_no_page, setup),
		cmocka_unit_test(arena_gives_zeroed_aligned_memory),
		cmocka_unit_test(buffer_grows_and_shrinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
