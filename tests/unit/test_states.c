/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a patch of this very program: its states, what is refused. The table of
 * docs/states.md is tested by tests/e2e/states.sh. */
#include "runtime/states.h"
#include "tests/unit/rt_states.h"

static void all_the_way_and_again(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11);
	struct wire_patch wire;
	u64 new_addr;

	(void)state;
	uploaded(&a);
	assert_int_equal(rt_old_1(), 1);
	assert_int_equal(core.checked.n, 1);
	sb_patch_describe(core.checked.newest, &wire);
	assert_int_equal(wire.state, WIRE_CHECKED);
	assert_true(wire.since > 0);
	new_addr = core.checked.newest->funcs[0].new_addr;
	for (int i = 0; i < 3; i++) {
		apply_with("a", 0);
		assert_int_equal(rt_old_1(), 11);
		assert_int_equal(core.patches.newest->funcs[0].new_addr, new_addr);
		revert_with("a", 0);
		assert_int_equal(rt_old_1(), 1);
	}
	drop_patch("a");
	assert_untouched();
}

static void what_is_so_already(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11);
	struct sb_result result;
	struct sb_error err;
	bool already = false;

	(void)state;
	uploaded(&a);
	assert_int_equal(begin_revert_with("a", 0, &already, &err), SB_OK);
	assert_true(already);
	assert_int_equal(upload(&a, &result, &err), SB_OK);
	assert_true(result.already);
	apply_with("a", 0);
	assert_int_equal(upload(&a, &result, &err), SB_OK);
	assert_true(result.already);
	assert_int_equal(result.patch->state, WIRE_APPLIED);
	already = false;
	assert_int_equal(begin_apply("a", WIRE_REPLACE, &already, &err), SB_OK);
	assert_true(already);
	assert_int_equal(core.txn.state, SB_TXN_IDLE);
	remove_patch("a");
	assert_untouched();
}

static void names_and_ids_are_unique(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = patch("a", 2, rt_old_2, 12);
	struct rt_spec c = patch("c", 1, rt_old_2, 12);
	struct sb_result result;

	(void)state;
	uploaded(&a);
	assert_refused(upload(&b, &result, &err), SB_REFUSED, "another patch with the name 'a'");
	assert_refused(upload(&c, &result, &err), SB_REFUSED, "is there as patch 'a'");
	apply_with("a", 0);
	assert_refused(upload(&b, &result, &err), SB_REFUSED, "another patch with the name 'a'");
	assert_refused(upload(&c, &result, &err), SB_REFUSED, "is there as patch 'a'");
	remove_patch("a");
	assert_untouched();
}

static void number_is_bounded(void **state)
{
	struct sb_result result;
	struct sb_error err;
	char names[WIRE_MAX_PATCHES + 1][8];

	(void)state;
	/* The areas have no room for so many: these have nothing to place but their strings. */
	for (u32 i = 0; i <= WIRE_MAX_PATCHES; i++) {
		struct rt_hook hook = { "postapply", (u64)(uintptr_t)rt_old_2 };
		struct rt_spec spec = { .name = names[i], .hooks = &hook, .n_hooks = 1 };
		u8 *file;
		size_t len;

		snprintf(names[i], sizeof(names[i]), "p%u", i);
		file = rt_payload(&core.exe, &spec, &len);
		memcpy(file + rt_shdr(file, LIVEPATCH_SEC_BUILD_ID)->sh_offset + 16, &i, sizeof(i));
		if (i < WIRE_MAX_PATCHES) {
			if (!sb_upload(&core, NULL, file, len, &result, &err))
				fail_msg("%u: %s", i, err.text);
			continue;
		}
		assert_false(sb_upload(&core, NULL, file, len, &result, &err));
		assert_int_equal(err.status, SB_FAILED);
		assert_string_equal(err.text, "there are 256 patches already; remove one first");
	}
	for (u32 i = 0; i < WIRE_MAX_PATCHES; i++)
		drop_patch(names[i]);
	assert_untouched();
}

static void only_what_is_not_applied_is_removed(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11);

	(void)state;
	assert_refused(free_patch("a", &err), SB_NOTHING, "there is no patch 'a'");
	assert_refused(begin_apply("a", 0, &already, &err), SB_NOTHING, "there is no patch 'a'");
	assert_refused(begin_revert("a", &err), SB_NOTHING, "there is no patch 'a'");
	apply(&a);
	assert_refused(free_patch("a", &err), SB_REFUSED, "patch 'a' is applied; revert it first");
	assert_int_equal(rt_old_1(), 11);
	remove_patch("a");
	assert_refused(free_patch("a", &err), SB_NOTHING, "there is no patch 'a'");
	assert_untouched();
}

static void everything_waits_for_a_transaction(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = patch("b", 2, rt_old_2, 12);
	static const char text[] = "process 4711 is changing patch 'a'; try again";
	struct sb_result result;
	struct sb_error ok;
	bool was;

	(void)state;
	uploaded(&a);
	assert_int_equal(begin_apply("a", 0, &was, &ok), SB_OK);
	for (int i = 0; i < 2; i++) {
		assert_refused(upload(&b, &result, &err), SB_BUSY, text);
		assert_refused(begin_apply("a", 0, &already, &err), SB_BUSY, text);
		assert_refused(begin_revert("a", &err), SB_BUSY, text);
		assert_refused(free_patch("a", &err), SB_BUSY, text);
		if (!i) {
			assert_int_equal(commit(&ok), SB_OK);
			assert_int_equal(begin_revert("a", &ok), SB_OK);
		}
	}
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	assert_int_equal(rt_old_1(), 11);
	remove_patch("a");
	assert_untouched();
}

/* What its code has written is there for good. */
static void used_data_is_not_used_again(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11);
	struct wire_patch wire;

	(void)state;
	a.bss = 8;
	uploaded(&a);
	sb_patch_describe(core.checked.newest, &wire);
	assert_int_equal(wire.flags, 0);
	apply_with("a", 0);
	revert_with("a", 0);
	sb_patch_describe(core.checked.newest, &wire);
	assert_int_equal(wire.flags, WIRE_PATCH_USED);
	assert_refused(begin_apply("a", 0, &already, &err), SB_REFUSED,
		       "the data of patch 'a' is used; remove it and upload it again");
	assert_refused(begin_apply("a", WIRE_REPLACE | WIRE_NODEPS, &already, &err), SB_REFUSED,
		       "is used; remove it");
	drop_patch("a");
	apply(&a);
	remove_patch("a");
	assert_untouched();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_the_way_and_again),
		TEST(what_is_so_already),
		TEST(names_and_ids_are_unique),
		TEST(number_is_bounded),
		TEST(only_what_is_not_applied_is_removed),
		TEST(everything_waits_for_a_transaction),
		TEST(used_data_is_not_used_again),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
