/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of patches of this very program: states, the stack, what is refused. The table of
 * docs/states.md is tested by tests/e2e/states.sh. */
#include "runtime/states.h"
#include "tests/unit/rt_txn.h"

static const u8 id_1[LIVEPATCH_BUILD_ID_LEN] = { [0 ... 19] = 1 };
static const u8 id_2[LIVEPATCH_BUILD_ID_LEN] = { [0 ... 19] = 2 };

/* A patch of one of the functions, made from the unpatched program. */
static struct rt_spec patch(const char *name, u8 id, int (*old)(void), int value)
{
	struct rt_spec spec = { .name = name, .id = id, .n = 1 };
	size_t at = (size_t)((uintptr_t)old - (uintptr_t)rt_old_1);

	spec.funcs[0] = rt_func(name, old, value);
	memcpy(spec.funcs[0].expect, before + at, 9);
	return spec;
}

static struct rt_spec on(struct rt_spec spec, const u8 *below)
{
	spec.depends = below;
	spec.depends_len = LIVEPATCH_BUILD_ID_LEN;
	return spec;
}

static void uploaded(const struct rt_spec *spec)
{
	struct sb_result result;
	struct sb_error err;

	if (upload(spec, &result, &err) != SB_OK)
		fail_msg("upload of '%s': %s", spec->name, err.text);
	assert_false(result.already);
	assert_int_equal(result.patch->state, WIRE_CHECKED);
}

static void apply_with(const char *key, u32 flags)
{
	struct sb_error err;
	bool already = false;

	if (begin_apply(key, flags, &already, &err) != SB_OK || already || commit(&err) != SB_OK)
		fail_msg("apply of '%s': %s", key, err.text);
}

#define assert_refused(call, code, part)                                                           \
	do {                                                                                       \
		struct sb_error err;                                                               \
		bool already __attribute__((unused)) = false;                                      \
		assert_int_equal(call, code);                                                      \
		if (!strstr(err.text, part))                                                       \
			fail_msg("'%s' instead of '%s'", err.text, part);                          \
	} while (0)

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

static void dependency_must_be_applied(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = on(patch("b", 2, rt_old_2, 12), id_1);
	struct rt_spec c = on(patch("c", 3, rt_old_1, 13), id_2);

	(void)state;
	/* In any order they are uploaded, in one they are applied. */
	uploaded(&c);
	uploaded(&b);
	uploaded(&a);
	assert_refused(begin_apply("b", 0, &already, &err), SB_REFUSED, "which is not applied");
	assert_refused(begin_apply("b", WIRE_REPLACE, &already, &err), SB_REFUSED,
		       "it can't take the place of all");
	/* It refers to nothing there: who says so may. */
	apply_with("b", WIRE_NODEPS);
	assert_int_equal(rt_old_2(), 12);
	apply_with("a", 0);
	assert_int_equal(rt_old_1(), 11);
	/* All that it stacks on is below it; its function was replaced by one of these. */
	apply_with("c", 0);
	assert_int_equal(rt_old_1(), 13);
	revert_with("c", 0);
	revert_with("a", 0);
	revert_with("b", 0);
	apply_with("a", 0);
	/* But not by one whose place in the stack is not known. */
	assert_refused(begin_apply("c", WIRE_NODEPS, &already, &err), SB_REFUSED,
		       "already replaced by patch 'a', on which 'c' does not stack");
	revert_with("a", 0);
	drop_patch("a");
	drop_patch("b");
	drop_patch("c");
	assert_untouched();
}

/* Two payloads that say of each other that they are below. */
static void circle_ends(void **state)
{
	struct rt_spec a = on(patch("a", 1, rt_old_1, 11), id_2);
	struct rt_spec b = on(patch("b", 2, rt_old_2, 12), id_1);
	struct rt_spec c = on(patch("c", 3, rt_old_e, 13), id_2), e = patch("e", 4, rt_old_e, 14);

	(void)state;
	uploaded(&a);
	uploaded(&b);
	assert_refused(begin_apply("a", 0, &already, &err), SB_REFUSED, "which is not applied");
	apply_with("a", WIRE_NODEPS);
	apply_with("b", 0);
	apply(&e);
	uploaded(&c); /* is e one of those that it stacks on? */
	assert_refused(begin_apply("c", 0, &already, &err), SB_REFUSED, "replaced by patch 'e'");
	drop_patch("c");
	remove_patch("e");
	remove_patch("b");
	remove_patch("a");
	assert_untouched();
}

static void what_is_referred_to_stays(void **state)
{
	struct livepatch_below below = { .area = SB_DATA };
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = on(patch("b", 2, rt_old_2, 12), id_1);
	struct sb_result result;

	(void)state;
	memset(below.build_id, 1, sizeof(below.build_id));
	a.bss = 8;
	b.below = &below;
	b.n_below = 1;
	assert_refused(upload(&b, &result, &err), SB_REFUSED, "which is not there");
	uploaded(&a);
	uploaded(&b);
	assert_refused(free_patch("a", &err), SB_REFUSED, "patch 'b' refers to 'a'");
	assert_refused(begin_apply("b", 0, &already, &err), SB_REFUSED, "which is not applied");
	assert_refused(begin_apply("b", WIRE_NODEPS, &already, &err), SB_REFUSED,
		       "which is not applied");
	apply_with("a", 0);
	apply_with("b", 0);
	assert_refused(begin_revert_with("a", WIRE_NODEPS, &already, &err), SB_REFUSED,
		       "patch 'b' stacks on 'a'; revert 'b' first");
	revert_with("b", 0);
	revert_with("a", 0);
	assert_refused(free_patch("a", &err), SB_REFUSED, "patch 'b' refers to 'a'");
	drop_patch("b");
	drop_patch("a");
	assert_untouched();
}

static void replace_by_flag(void **state)
{
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = on(patch("b", 2, rt_old_1, 12), id_1);
	struct rt_spec c = patch("c", 3, rt_old_1, 13);
	u8 int3 = 0xcc;

	(void)state;
	apply(&a);
	apply(&b);
	uploaded(&c);
	assert_refused(begin_apply("c", 0, &already, &err), SB_REFUSED, "already replaced by");
	assert_refused(begin_apply("b", WIRE_REPLACE, &already, &err), SB_REFUSED,
		       "patch 'b' is applied, and so are others");
	apply_with("c", WIRE_REPLACE);
	assert_int_equal(rt_old_1(), 13);
	assert_int_equal(core.patches.n, 1);
	/* What it replaced has come back to what it was: nobody knows of it. */
	revert_with("c", 0);
	assert_int_equal(rt_old_1(), 1);
	apply_with("a", 0);
	apply_with("b", 0);
	assert_int_equal(rt_old_1(), 12);
	revert_with("b", 0);
	revert_with("a", 0);
	/* Expectations are looked at before anything is touched. */
	assert_int_equal(pwrite(core.writer.mem_fd, &int3, 1, (off_t)(uintptr_t)rt_old_1), 1);
	assert_refused(begin_apply("c", WIRE_REPLACE, &already, &err), SB_TARGET,
		       "does not hold the bytes that 'c' expects");
	assert_int_equal(pwrite(core.writer.mem_fd, before, 1, (off_t)(uintptr_t)rt_old_1), 1);
	drop_patch("a");
	drop_patch("b");
	drop_patch("c");
	assert_untouched();
}

static void upload_transient(const struct rt_spec *spec, const void *connection, bool already)
{
	struct sb_result result;
	struct sb_error err;
	size_t len;
	u8 *file = rt_payload(&core.exe, spec, &len);

	assert_true(sb_upload(&core, connection, file, len, &result, &err));
	assert_int_equal(result.already, already);
}

static enum sb_status force(const char *key, struct sb_error *err)
{
	struct sb_which w = which(key);
	struct wire_patch gone;

	err->text[0] = '\0';
	return sb_remove(&core, &w, true, &gone, err) ? SB_OK : err->status;
}

/* Its space stays taken, its name is free, and what it refers to is kept as well. */
static void what_may_be_called_is_kept(void **state)
{
	struct livepatch_below below = { .area = SB_TEXT };
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = on(patch("b", 2, rt_old_2, 12), id_1);
	size_t room;

	(void)state;
	memset(below.build_id, 1, sizeof(below.build_id));
	b.below = &below;
	b.n_below = 1;
	b.pins = true;
	uploaded(&a);
	uploaded(&b);
	drop_patch("b"); /* has not run */
	assert_int_equal(core.kept.n, 0);
	uploaded(&b);
	apply_with("a", 0);
	apply_with("b", 0);
	revert_with("b", 0);
	room = sb_area_usage(&core.areas[SB_TEXT]).free;
	drop_patch("b");
	assert_int_equal(core.kept.n, 1);
	assert_int_equal(core.kept.oldest->state, WIRE_KEPT);
	assert_int_equal(sb_area_usage(&core.areas[SB_TEXT]).free, room);
	assert_refused(begin_apply("b", 0, &already, &err), SB_NOTHING, "no patch 'b'");
	assert_refused(begin_revert("b", &err), SB_NOTHING, "no patch 'b'");
	assert_refused(free_patch("b", &err), SB_REFUSED, "--force frees it");
	uploaded(&b);
	apply_with("b", 0);
	remove_patch("b"); /* the one that was applied */
	assert_int_equal(core.kept.n, 2);
	revert_with("a", 0);
	assert_refused(force("a", &err), SB_REFUSED, "patch 'b' refers to 'a'");
	drop_patch("a");
	assert_int_equal(core.kept.n, 3);
	assert_int_equal(core.checked.n, 0);
	assert_refused(force("a", &err), SB_REFUSED, "patch 'b' refers to 'a'");
	assert_refused(force("b", &err), SB_OK, "");
	assert_refused(force("b", &err), SB_OK, "");
	assert_refused(force("a", &err), SB_OK, "");
	assert_refused(force("a", &err), SB_NOTHING, "no patch 'a'");
	assert_untouched();
}

static void transient_uploads_end_with_their_connection(void **state)
{
	struct livepatch_below below = { .area = SB_TEXT };
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = on(patch("b", 2, rt_old_2, 12), id_1);
	struct sb_error err;
	bool already;
	int other;

	(void)state;
	/* Never applied. */
	upload_transient(&a, &conn, false);
	sb_states_orphan(&core, &other);
	sb_states_sweep(&core);
	assert_int_equal(core.checked.n, 1);
	sb_states_orphan(&core, &conn);
	sb_states_sweep(&core);
	assert_untouched();
	/* Applied. */
	upload_transient(&a, &conn, false);
	apply_with("a", 0);
	revert_with("a", 0);
	sb_states_orphan(&core, &conn);
	sb_states_sweep(&core);
	assert_int_equal(core.checked.n, 1);
	drop_patch("a");
	/* Another client wants it, too: for longer, or for as long as it is there itself. */
	upload_transient(&a, &conn, false);
	upload_transient(&a, NULL, true);
	upload_transient(&a, &conn, true);
	sb_states_orphan(&core, &conn);
	sb_states_sweep(&core);
	assert_int_equal(core.checked.n, 1);
	drop_patch("a");
	upload_transient(&a, &conn, false);
	sb_states_orphan(&core, &conn);
	upload_transient(&a, &other, true);
	sb_states_sweep(&core);
	assert_int_equal(core.checked.n, 1);
	sb_states_orphan(&core, &other);
	/* Not while threads may be stopped, nor before its post hook has run. */
	assert_int_equal(begin_apply("a", 0, &already, &err), SB_OK);
	sb_states_sweep(&core);
	assert_int_equal(core.checked.n, 1);
	sb_txn_abort(&core);
	sb_states_sweep(&core);
	assert_int_equal(core.checked.n, 1);
	sb_txn_tidy(&core);
	sb_states_sweep(&core);
	assert_untouched();
	/* Not while another refers to it; then both at once. */
	memset(below.build_id, 1, sizeof(below.build_id));
	b.below = &below;
	b.n_below = 1;
	upload_transient(&a, &conn, false);
	upload_transient(&b, &other, false);
	sb_states_orphan(&core, &conn);
	sb_states_sweep(&core);
	assert_int_equal(core.checked.n, 2);
	sb_states_orphan(&core, &other);
	sb_states_sweep(&core);
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
		TEST(dependency_must_be_applied),
		TEST(circle_ends),
		TEST(what_is_referred_to_stays),
		TEST(replace_by_flag),
		TEST(what_may_be_called_is_kept),
		TEST(transient_uploads_end_with_their_connection),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
