/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of tables and hooks, against payloads that are wrong in one thing each. */
#include "runtime/load.h"
#include "tests/unit/rt_load.h"

#define ADDR(x) ((u64)(uintptr_t)(x))

static const u64 old_constants[] = { 1, 2, 3, 4 }, new_constants[] = { 1, 22, 33, 4 };

static struct rt_table good_table(void)
{
	return (struct rt_table){ "constants",	 ADDR(rt_constants),	old_constants,
				  new_constants, sizeof(new_constants), 0 };
}

/* N of the same kind. */
static struct rt_spec with_tables(const struct rt_table *table, size_t n)
{
	struct rt_table *tables = lp_new_array(&arena, n, struct rt_table);
	struct rt_spec spec = good();

	for (size_t i = 0; i < n; i++)
		tables[i] = *table;
	spec.tables = tables;
	spec.n_tables = n;
	return spec;
}

static struct rt_spec with_hooks(const char *kind, u64 addr, size_t n)
{
	struct rt_hook *hooks = lp_new_array(&arena, n, struct rt_hook);
	struct rt_spec spec = good();

	for (size_t i = 0; i < n; i++)
		hooks[i] = (struct rt_hook){ kind, addr };
	spec.hooks = hooks;
	spec.n_hooks = n;
	return spec;
}

static void good_lists_load(void **state)
{
	struct rt_table table = good_table();
	struct rt_spec spec = with_tables(&table, 1);
	struct rt_hook hooks[] = { { "load", 0 }, { "postapply", ADDR(rt_old_2) } };

	(void)state;
	spec.hooks = hooks;
	spec.n_hooks = 2;
	assert_spec(spec, SB_OK, "");
	spec.n = 0;
	spec.hooks++;
	spec.n_hooks = 1;
	assert_spec(spec, SB_OK, "");
	spec.n_hooks = 0;
	assert_spec(spec, SB_OK, "");
}

static void nothing_to_do_is_refused(void **state)
{
	struct rt_spec spec = good();
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);

	(void)state;
	rt_shdr(file, LIVEPATCH_SEC_FUNCS)->sh_name++; /* "livepatch.funcs" */
	assert_load(file, len, SB_REFUSED, "has no function, table or hook");
}

static void places_of_tables_are_checked(void **state)
{
	const u64 here = ADDR(rt_constants), end = exe.data[exe.n_data - 1].end;
	const struct {
		u64 addr;
		u32 size;
		const char *part;
	} cases[] = {
		{ here, 0, "is not in the data of this program" },
		{ 0, 32, "is not in the data of this program" },
		{ 0x1000, 32, "is not in the data of this program" },
		{ UINT64_MAX - 8, 32, "is not in the data of this program" },
		{ end - 8, 32, "is not in the data of this program" },
		{ ADDR(rt_old_1), 32, "is not in the data of this program" },
		{ ADDR(memcpy), 32, "is not in the data of this program" },
		{ ADDR(&end), 32, "is not in the data of this program" },
		{ exe.relro_end - 8, 32, "is not in the data of this program" },
		{ ADDR(areas[SB_TEXT].base), 32, "is not in the data of this program" },
		{ ADDR(areas[SB_RODATA].base), 32, "is in the sandbox itself" },
		{ ADDR(areas[SB_DATA].base) - 8, 32, "is in the sandbox itself" },
		{ ADDR(areas[SB_DATA].base) + (1u << 20) - 8, 32, "is in the sandbox itself" },
		{ ADDR(sb_way_name(SB_WAY_MEM)), 4, "belongs to the runtime" },
	};

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(cases); i++) {
		struct rt_table table = good_table();
		struct rt_spec spec;

		table.addr = cases[i].addr;
		table.size = cases[i].size;
		spec = with_tables(&table, 1);
		assert_spec(spec, SB_REFUSED, cases[i].part);
	}
}

static void contents_of_tables_are_checked(void **state)
{
	static const u64 other[] = { 1, 2, 3, 5 };
	struct rt_table table = good_table();
	struct rt_spec spec;
	size_t len;
	u8 *file;

	(void)state;
	table.old = other;
	spec = with_tables(&table, 1);
	assert_spec(spec, SB_TARGET, "table 'constants' does not hold the bytes");
	table = good_table();
	table.pad = 1;
	spec = with_tables(&table, 1);
	assert_spec(spec, SB_REFUSED, "has reserved bytes that are not zero");
	table = good_table();
	spec = with_tables(&table, 2);
	assert_spec(spec, SB_REFUSED, "'constants' and 'constants' replace the same bytes");
	spec = with_tables(&table, 1);
	file = rt_payload(&exe, &spec, &len);

	Elf64_Rela *rela =
		(Elf64_Rela *)(file + rt_shdr(file, ".rela.livepatch.tables")->sh_offset);

	for (int i = 2; i < 4; i++) { /* old, new: their ends leave the payload, then all of them */
		s64 saved = rela[i].r_addend;

		rela[i].r_addend = 64;
		assert_load(file, len, SB_REFUSED, "no contents in the read-only data");
		rela[i].r_addend = -(1 << 20);
		assert_load(file, len, SB_REFUSED, "no contents in the read-only data");
		rela[i].r_addend = saved;
	}
	rela[0].r_addend = 1 << 20;
	assert_load(file, len, SB_REFUSED, "table 0 of the payload has no name");
}

static void list_of_tables_is_checked(void **state)
{
	struct rt_table table = good_table();
	struct rt_spec spec = with_tables(&table, 1);
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);
	Elf64_Shdr *sh = rt_shdr(file, LIVEPATCH_SEC_TABLES);

	(void)state;
	sh->sh_size--;
	assert_load(file, len, SB_REFUSED, "'.livepatch.tables' has 39 bytes");
	sh->sh_size = 0;
	assert_load(file, len, SB_REFUSED, "'.livepatch.tables' has 0 bytes");
	spec = with_tables(&table, LIVEPATCH_MAX_TABLES + 1);
	assert_spec(spec, SB_REFUSED, "'.livepatch.tables' has 163880 bytes");
}

static void hooks_must_be_code(void **state)
{
	const u64 cases[] = {
		0x1000,	    ADDR(memcpy),
		ADDR(&exe), ADDR(areas[SB_TEXT].base) + (1u << 20) - 1,
		UINT64_MAX, ADDR(areas[SB_RODATA].base),
	};

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(cases); i++) {
		struct rt_spec spec = with_hooks("load", cases[i], 1);

		assert_spec(spec, SB_REFUSED, "load hook 0 is neither in the text of the payload");
		spec = with_hooks("postrevert", cases[i], 1);
		assert_spec(spec, SB_REFUSED, "postrevert hook 0 is neither in the text");
	}
}

static void lists_of_hooks_are_checked(void **state)
{
	static const char *const single[] = { "preapply", "postapply", "prerevert", "postrevert" };
	struct rt_spec spec = with_hooks("unload", 0, LIVEPATCH_MAX_HOOKS);
	size_t len;
	u8 *file;

	(void)state;
	assert_spec(spec, SB_OK, "");
	spec = with_hooks("unload", 0, LIVEPATCH_MAX_HOOKS + 1);
	assert_spec(spec, SB_REFUSED, "'.livepatch.hooks.unload' has 32776 bytes");
	for (size_t i = 0; i < LP_ARRAY_SIZE(single); i++) {
		spec = with_hooks(single[i], 0, 1);
		assert_spec(spec, SB_OK, "");
		spec = with_hooks(single[i], 0, 2);
		assert_spec(spec, SB_REFUSED, "has 16 bytes");
	}
	spec = with_hooks("load", 0, 2);
	file = rt_payload(&exe, &spec, &len);
	rt_shdr(file, ".livepatch.hooks.load")->sh_size = 12;
	assert_load(file, len, SB_REFUSED, "'.livepatch.hooks.load' has 12 bytes");
	rt_shdr(file, ".livepatch.hooks.load")->sh_size = 16;
	((Elf64_Rela *)(file + rt_shdr(file, ".rela.livepatch.hooks.load")->sh_offset))->r_offset =
		9;
	assert_load(file, len, SB_REFUSED, "does not fit");
}

static void no_byte_is_trusted(void **state)
{
	struct rt_table table = good_table();
	struct rt_spec spec = with_tables(&table, 1);
	const struct rt_hook hooks[] = { { "load", 0 }, { "prerevert", ADDR(rt_old_2) } };
	size_t len;
	u8 *file;

	(void)state;
	spec.hooks = hooks;
	spec.n_hooks = 2;
	file = rt_payload(&exe, &spec, &len);
	assert_no_byte_is_trusted(file, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_lists_load),
		TEST(nothing_to_do_is_refused),
		TEST(places_of_tables_are_checked),
		TEST(contents_of_tables_are_checked),
		TEST(list_of_tables_is_checked),
		TEST(hooks_must_be_code),
		TEST(lists_of_hooks_are_checked),
		TEST(no_byte_is_trusted),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
