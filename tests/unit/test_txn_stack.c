/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks of patches on functions of this very program, and patches that replace a stack. */
#include "runtime/txn.h"
#include "tests/unit/rt_txn.h"

static const u8 id_1[LIVEPATCH_BUILD_ID_LEN] = { [0 ... 19] = 1 };
static const u8 id_2[LIVEPATCH_BUILD_ID_LEN] = { [0 ... 19] = 2 };

/* A patch with that id of rt_old_1(), made from the unpatched program. */
static struct rt_spec patch_1(const char *name, u8 id, int value)
{
	struct rt_spec spec = spec_1(name, id, value);

	memcpy(spec.funcs[0].expect, before, 9);
	return spec;
}

static struct rt_spec on(struct rt_spec spec, const u8 *below)
{
	spec.depends = below;
	spec.depends_len = LIVEPATCH_BUILD_ID_LEN;
	return spec;
}

static void refused(const struct rt_spec *spec, const char *text)
{
	struct sb_error err;
	bool already;

	assert_int_equal(prepare(spec, &already, &err), SB_REFUSED);
	if (!strstr(err.text, text))
		fail_msg("'%s' instead of '%s'", err.text, text);
}

static u64 data_of(const struct sb_patch *patch, u64 off)
{
	return sb_span_addr(&core.areas[SB_DATA], &patch->spans[SB_DATA]) + off;
}

static struct livepatch_below place(u8 id, u32 area, u64 off)
{
	struct livepatch_below below = { .area = area, .off = off };

	memset(below.build_id, id, sizeof(below.build_id));
	return below;
}

static void places_below_are_found(void **state)
{
	struct rt_spec a = patch_1("a", 1, 11), b = on(patch_1("b", 2, 12), id_1), c;
	struct livepatch_below below[] = { place(1, SB_DATA, 8), place(1, SB_TEXT, 0) };
	const u64 *data;

	(void)state;
	a.bss = 64;
	apply(&a);
	b.below = below;
	b.n_below = 2;
	apply(&b);
	data = (const u64 *)(uintptr_t)data_of(core.patches.newest, 0);
	assert_int_equal(data[0], data_of(core.patches.oldest, 8));
	assert_int_equal(data[1], core.patches.oldest->funcs[0].new_addr);
	/* Not only of the one just below. */
	c = on(patch_1("c", 3, 13), id_2);
	c.below = below;
	c.n_below = 1;
	apply(&c);
	assert_int_equal(rt_old_1(), 13);
	remove_patch("c");
	assert_int_equal(rt_old_1(), 12);
	remove_patch("b");
	assert_int_equal(rt_old_1(), 11);
	remove_patch("a");
	assert_untouched();
}

static void bad_places_below_are_refused(void **state)
{
	struct livepatch_below below = place(7, SB_DATA, 0);
	struct rt_spec a = patch_1("a", 1, 11), b = on(patch_1("b", 2, 12), id_1);

	(void)state;
	a.bss = 64;
	apply(&a);
	b.below = &below;
	b.n_below = 1;
	refused(&b, "refers to patch 0707070707070707070707070707070707070707, which is not there");
	below = place(1, SB_DATA, 64);
	refused(&b, "outside of patch 'a'");
	below = place(1, SB_N_AREAS, 0);
	refused(&b, "outside of patch 'a'");
	below = place(1, SB_DATA, UINT64_MAX);
	refused(&b, "outside of patch 'a'");
	/* It is applied, but may go before this one. */
	below = place(1, SB_DATA, 0);
	b.depends = core.exe.build_id;
	b.depends_len = core.exe.build_id_len;
	b.funcs[0] = rt_func("rt_old_2", rt_old_2, 22);
	refused(&b, "on which it does not stack");
	remove_patch("a");
	assert_untouched();
}

/* A function that a patch has brought along. */
static void new_code_below_is_replaced(void **state)
{
	struct rt_spec a = patch_1("a", 1, 11), b = on(patch_1("b", 2, 12), id_1);
	struct rt_func *f = &b.funcs[0];

	(void)state;
	apply(&a);
	f->old = (int (*)(void))(uintptr_t)core.patches.newest->funcs[0].new_addr;
	f->old_size = core.patches.newest->funcs[0].new_size;
	f->expect_flags = 0;
	b.depends = NULL;
	refused(&b, "in the sandbox itself");
	b.depends = id_1;
	apply(&b);
	assert_int_equal(rt_old_1(), 12);
	remove_patch("b");
	assert_int_equal(rt_old_1(), 11);
	remove_patch("a");
	assert_untouched();
}

static void one_replaces_all(void **state)
{
	struct rt_spec a = patch_1("a", 1, 11), b = on(patch_1("b", 2, 12), id_1);
	struct rt_spec all = patch_1("a", 4, 41);

	(void)state;
	all.replaces = true;
	b.funcs[b.n++] = rt_func("rt_old_2", rt_old_2, 22);
	apply(&a);
	apply(&b);
	assert_int_equal(rt_old_1() + rt_old_2(), 12 + 22);
	refused(&all, "another patch with the name 'a' is there");
	all.name = "all";
	apply(&all);
	assert_int_equal(rt_old_1(), 41);
	assert_int_equal(rt_old_2(), 2);
	assert_int_equal(core.patches.n, 1);
	/* Reverted from the top down, and still there. */
	assert_int_equal(core.checked.n, 2);
	assert_string_equal(core.checked.oldest->name, "b");
	assert_int_equal(core.checked.oldest->state, WIRE_CHECKED);
	assert_int_equal(core.checked.newest->state, WIRE_CHECKED);
	remove_patch("all");
	drop_patch("a");
	drop_patch("b");
	assert_untouched();
	/* Of nothing. */
	apply(&all);
	assert_int_equal(rt_old_1(), 41);
	remove_patch("all");
	assert_untouched();
}

static void poke(int (*func)(void), u8 byte)
{
	assert_int_equal(pwrite(core.writer.mem_fd, &byte, 1, (off_t)(uintptr_t)func), 1);
}

/* Whatever goes wrong, the stack is there as before. */
static void failed_replacement_restores(void **state)
{
	struct rt_spec a = patch_1("a", 1, 11), b = on(patch_1("b", 2, 12), id_1);
	struct rt_spec c = { .name = "c", .id = 3, .n = 1 }, all = patch_1("all", 4, 41);
	struct sb_error err;
	bool already;

	(void)state;
	c.funcs[0] = rt_func("rt_old_2", rt_old_2, 22);
	all.replaces = true;
	all.funcs[all.n++] = rt_func("rt_old_e", rt_old_e, 43);
	apply(&a);
	apply(&b);
	apply(&c);
	/* The second to go out cannot: the first goes in again. */
	assert_int_equal(prepare(&all, &already, &err), SB_OK);
	poke(rt_old_1, 0xcc);
	assert_int_equal(commit(&err), SB_FAILED);
	assert_non_null(strstr(err.text, "those that were applied still are"));
	poke(rt_old_1, 0xe9);
	assert_int_equal(rt_old_1() + rt_old_2(), 12 + 22);
	/* All are out, and the new one cannot go in. */
	assert_int_equal(prepare(&all, &already, &err), SB_OK);
	poke((int (*)(void))((uintptr_t)rt_old_e + 4), 0xcc);
	assert_int_equal(commit(&err), SB_FAILED);
	poke((int (*)(void))((uintptr_t)rt_old_e + 4), before[2 * RT_OLD_SIZE + 4]);
	assert_int_equal(rt_old_1() + rt_old_2() + rt_old_e(), 12 + 22 + 3);
	assert_int_equal(core.patches.n, 3);
	/* Given up. */
	assert_int_equal(prepare(&all, &already, &err), SB_OK);
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	drop_patch("all");
	remove_patch("c");
	remove_patch("b");
	assert_int_equal(rt_old_1(), 11);
	remove_patch("a");
	assert_untouched();
}

static void a_replacement_stacks_on_nothing(void **state)
{
	struct rt_spec a = patch_1("a", 1, 11), all = on(patch_1("all", 4, 41), id_1);

	(void)state;
	all.replaces = true;
	apply(&a);
	refused(&all, "takes the place of all patches, and stacks on one");
	assert_int_equal(rt_old_1(), 11);
	remove_patch("a");
	assert_untouched();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(places_below_are_found),	   TEST(bad_places_below_are_refused),
		TEST(new_code_below_is_replaced),  TEST(one_replaces_all),
		TEST(failed_replacement_restores), TEST(a_replacement_stacks_on_nothing),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
