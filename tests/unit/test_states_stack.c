/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches on top of patches: what depends, replaces, and is left behind. */
#include "runtime/states.h"
#include "tests/unit/rt_states.h"

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
	struct rt_spec a = patch("a", 1, rt_old_1, 11);
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
	sb_states_sweep(&core);
	assert_untouched();
}

static void transient_uploads_stay_while_needed(void **state)
{
	struct livepatch_below below = { .area = SB_TEXT };
	struct rt_spec a = patch("a", 1, rt_old_1, 11), b = on(patch("b", 2, rt_old_2, 12), id_1);
	struct sb_error err;
	bool already;
	int other;

	(void)state;
	/* Not while threads may be stopped, nor before its post hook has run. */
	upload_transient(&a, &conn, false);
	sb_states_orphan(&core, &conn);
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
		TEST(dependency_must_be_applied),
		TEST(circle_ends),
		TEST(what_is_referred_to_stays),
		TEST(replace_by_flag),
		TEST(what_may_be_called_is_kept),
		TEST(transient_uploads_end_with_their_connection),
		TEST(transient_uploads_stay_while_needed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
