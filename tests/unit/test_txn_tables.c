/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables that are replaced in place, in the same journal as jumps. */
#include <sys/mman.h>

#include "runtime/txn.h"
#include "tests/unit/rt_txn.h"

#define ADDR(x) ((u64)(uintptr_t)(x))

static const u64 new_constants[] = { 1, 22, 33, 4 };
static const u64 new_numbers[] = { 55, 66 };
static u64 new_pointers[2]; /* swapped */

static struct rt_table tables[3]; /* of this program, with what they shall hold */

static int setup_tables(void **state)
{
	int rc = setup(state);

	new_pointers[0] = ADDR(rt_old_2);
	new_pointers[1] = ADDR(rt_old_1);
	tables[0] = (struct rt_table){ "constants",   ADDR(rt_constants),    tables_before,
				       new_constants, sizeof(new_constants), 0 };
	tables[1] = (struct rt_table){ "pointers",   ADDR(rt_pointers),	   tables_before + 4,
				       new_pointers, sizeof(new_pointers), 0 };
	tables[2] = (struct rt_table){ "numbers",   ADDR(rt_numbers),	 tables_before + 6,
				       new_numbers, sizeof(new_numbers), 0 };
	return rc;
}

/* The first N tables, and rt_old_1(). */
static struct rt_spec with_tables(const char *name, u8 id, const struct rt_table *list, size_t n)
{
	struct rt_spec spec = spec_1(name, id, 11);

	spec.tables = list;
	spec.n_tables = n;
	return spec;
}

static void assert_new_tables(void)
{
	u64 now[8];

	read_tables(now);
	assert_memory_equal(now, new_constants, sizeof(new_constants));
	assert_memory_equal(now + 4, new_pointers, sizeof(new_pointers));
	assert_memory_equal(now + 6, new_numbers, sizeof(new_numbers));
}

/* The rights of the page at ADDR, as in /proc/self/maps: "r--p". */
static const char *rights(u64 addr)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL, *ret = NULL;
	size_t size = 0;
	u64 lo, hi;

	assert_non_null(maps);
	while (!ret && getline(&line, &size, maps) > 0)
		if (sscanf(line, "%lx-%lx", &lo, &hi) == 2 && addr >= lo && addr < hi)
			ret = lp_strndup(&arena, strchr(line, ' ') + 1, 4);
	free(line);
	fclose(maps);
	return ret;
}

static void apply_and_remove(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 3);
	struct wire_patch wire;

	(void)state;
	apply(&spec);
	assert_new_tables();
	assert_int_equal(rt_old_1(), 11);
	assert_int_equal(rt_pointers[0](), 2);
	assert_int_equal(core.patches.newest->n_writes, 4);
	sb_patch_describe(core.patches.newest, &wire);
	assert_int_equal(wire.n_funcs, 1);
	assert_int_equal(wire.n_tables, 3);
	assert_int_equal(wire.n_hooks, 0);
	remove_patch("one");
	assert_untouched();
}

static void tables_need_no_function(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 1);

	(void)state;
	spec.n = 0;
	apply(&spec);
	assert_int_equal(rt_constants[1], 22);
	remove_patch("one");
	assert_untouched();
}

static void mprotect_way_keeps_the_rights(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 3);

	(void)state;
	core.writer.way = SB_WAY_MPROTECT;
	for (int round = 0; round < 2; round++) {
		assert_string_equal(rights(ADDR(rt_constants)), "r--p");
		assert_string_equal(rights(ADDR(rt_pointers)), "r--p"); /* RELRO */
		assert_string_equal(rights(ADDR(rt_numbers)), "rw-p");
		if (!round)
			apply(&spec);
	}
	assert_new_tables();
	remove_patch("one");
	assert_string_equal(rights(ADDR(rt_pointers)), "r--p");
	core.writer.way = SB_WAY_MEM;
	assert_untouched();
}

static void other_contents_are_refused(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 3);
	struct sb_error err;
	bool already;

	(void)state;
	rt_numbers[1] = 7;
	assert_int_equal(prepare(&spec, &already, &err), SB_TARGET);
	assert_non_null(strstr(err.text, "table 'numbers' does not hold the bytes"));
	assert_int_equal(core.txn.state, SB_TXN_IDLE);
	rt_numbers[1] = 6;
	assert_untouched();
}

static void change_before_the_commit_is_seen(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 3);
	struct sb_error err;
	bool already;

	(void)state;
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	rt_numbers[1] = 7;
	assert_int_equal(commit(&err), SB_FAILED);
	assert_string_equal(err.text,
			    "table 2 of the patch was changed by somebody else; nothing written");
	rt_numbers[1] = 6;
	drop_patch("one");
	assert_untouched();
}

static void change_before_the_removal_is_seen(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 3);
	struct sb_error err;

	(void)state;
	apply(&spec);
	rt_numbers[0] = 7;
	assert_int_equal(begin_revert("one", &err), SB_OK);
	assert_int_equal(commit(&err), SB_FAILED);
	assert_non_null(strstr(err.text, "table 2 of the patch was changed"));
	assert_int_equal(core.patches.n, 1);
	assert_int_equal(rt_old_1(), 11);
	assert_int_equal(rt_constants[1], 22);
	assert_int_equal(rt_numbers[0], 7);
	rt_numbers[0] = 55;
	remove_patch("one");
	assert_untouched();
}

/* The last write fails, in the window: jump and tables are put back. */
static void failed_write_is_undone(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 3);
	int fd = open("/proc/self/exe", O_RDONLY);
	u8 *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0); /* nobody may write to it */
	struct sb_error err;
	bool already;

	(void)state;
	assert_true(map != MAP_FAILED);
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	struct sb_write *last = &core.txn.patch->writes[3];

	last->addr = ADDR(map);
	last->old = map;
	assert_int_equal(commit(&err), SB_FAILED);
	assert_non_null(strstr(err.text, "; all old bytes were put back"));
	munmap(map, 4096);
	close(fd);
	drop_patch("one");
	assert_untouched();
}

static void stack_is_undone_from_the_top(void **state)
{
	static const u64 newer[] = { 1, 222, 33, 4 };
	struct rt_table upper = { "constants", ADDR(rt_constants), tables_before,
				  newer,       sizeof(newer),	   0 };
	struct rt_spec a = with_tables("a", 1, tables, 1), b = with_tables("b", 2, &upper, 1);
	u8 id[LIVEPATCH_BUILD_ID_LEN];
	struct sb_error err;
	bool already;

	(void)state;
	a.n = b.n = 0;
	apply(&a);
	assert_int_equal(prepare(&b, &already, &err), SB_REFUSED);
	assert_non_null(strstr(err.text, "'constants' is already replaced by patch 'a'"));
	memset(id, 1, sizeof(id));
	b.depends = id;
	b.depends_len = sizeof(id);
	apply(&b); /* its old bytes are those of the program, not those of a */
	assert_int_equal(rt_constants[1], 222);
	assert_int_equal(begin_revert("a", &err), SB_REFUSED);
	remove_patch("b");
	assert_int_equal(rt_constants[1], 22);
	remove_patch("a");
	assert_untouched();
}

static void test_sees_a_changed_table(void **state)
{
	struct rt_spec spec = with_tables("one", 1, tables, 3);
	struct sb_buf out = { 0 };

	(void)state;
	apply(&spec);
	rt_numbers[0] = 7;
	sb_selftest_append(&core, &out);
	sb_buf_append(&out, "", 1);
	assert_non_null(
		strstr((char *)out.data, "not ok registry: a replaced table holds other bytes"));
	sb_buf_deinit(&out);
	rt_numbers[0] = 55;
	remove_patch("one");
	assert_untouched();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(apply_and_remove),
		TEST(tables_need_no_function),
		TEST(mprotect_way_keeps_the_rights),
		TEST(other_contents_are_refused),
		TEST(change_before_the_commit_is_seen),
		TEST(change_before_the_removal_is_seen),
		TEST(failed_write_is_undone),
		TEST(stack_is_undone_from_the_top),
		TEST(test_sees_a_changed_table),
	};

	return cmocka_run_group_tests(tests, setup_tables, NULL);
}
