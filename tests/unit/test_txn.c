/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions on functions of this very program. */
#include <pthread.h>
#include <sys/mman.h>

#include "runtime/txn.h"
#include "tests/unit/rt_txn.h"

static void apply_and_remove(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);

	(void)state;
	spec.funcs[spec.n++] = rt_func("rt_old_e", rt_old_e, 33);
	assert_int_equal(rt_old_1(), 1);
	apply(&spec);
	assert_int_equal(rt_old_1(), 11);
	assert_int_equal(rt_old_2(), 2);
	assert_int_equal(rt_old_e(), 33);
	assert_memory_equal((const void *)rt_old_e, "\xf3\x0f\x1e\xfa\xe9", 5);
	assert_int_equal(core.patches.newest->state, WIRE_APPLIED);
	remove_patch("one");
	assert_int_equal(rt_old_1(), 1);
	assert_untouched();
}

static void nothing_changes_before_commit(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11), other = spec_1("two", 2, 12);
	struct sb_error err;
	bool already;

	(void)state;
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_memory_equal(before, (const void *)rt_old_1, sizeof(before));
	assert_int_equal(core.patches.n, 0);
	assert_int_equal(prepare(&other, &already, &err), SB_BUSY);
	assert_int_equal(begin_revert("one", &err), SB_BUSY);
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	drop_patch("one");
	assert_untouched();
}

static void twice_is_already(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11), same_name = spec_1("one", 2, 12);
	struct sb_error err;
	bool already = false;

	(void)state;
	apply(&spec);
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_true(already);
	assert_int_equal(core.txn.state, SB_TXN_IDLE);
	assert_int_equal(prepare(&same_name, &already, &err), SB_REFUSED);
	assert_non_null(strstr(err.text, "another patch with the name 'one'"));
	remove_patch("0101010101010101010101010101010101010101");
	assert_int_equal(begin_revert("one", &err), SB_NOTHING);
	assert_untouched();
}

static void stack_is_undone_from_the_top(void **state)
{
	struct rt_spec a = spec_1("a", 1, 11), b = spec_1("b", 2, 12);
	u8 id[LIVEPATCH_BUILD_ID_LEN];
	struct sb_error err;
	bool already;

	(void)state;
	apply(&a);
	/* Built from the unpatched program, b would silently drop what a fixed. */
	b.funcs[0] = rt_func("rt_old_1", rt_old_1, 12);
	memcpy(b.funcs[0].expect, before, 9);
	assert_int_equal(prepare(&b, &already, &err), SB_REFUSED);
	assert_non_null(strstr(err.text, "already replaced by patch 'a'"));
	memset(id, 1, sizeof(id));
	b.depends = id;
	b.depends_len = sizeof(id);
	apply(&b);
	assert_int_equal(rt_old_1(), 12);
	assert_int_equal(begin_revert("a", &err), SB_REFUSED);
	assert_non_null(strstr(err.text, "patch 'b' stacks on 'a'"));
	assert_int_equal(rt_old_1(), 12);
	remove_patch("b");
	assert_int_equal(rt_old_1(), 11);
	remove_patch("a");
	assert_untouched();
}

static void independent_patches_go_in_any_order(void **state)
{
	struct rt_spec a = spec_1("a", 1, 11), b = spec_1("b", 2, 0);
	struct sb_error err;

	(void)state;
	b.funcs[0] = rt_func("rt_old_2", rt_old_2, 22);
	apply(&a);
	apply(&b);
	assert_int_equal(begin_revert("a", &err), SB_REFUSED);
	assert_string_equal(err.text, "patch 'a' is not on top of the stack; revert 'b' first");
	revert_with("a", WIRE_NODEPS);
	drop_patch("a");
	assert_int_equal(rt_old_1(), 1);
	assert_int_equal(rt_old_2(), 22);
	apply(&a); /* into the hole */
	assert_int_equal(rt_old_1(), 11);
	revert_with("b", WIRE_NODEPS);
	drop_patch("b");
	remove_patch("a");
	assert_untouched();
}

static void entry_changed_by_others_is_not_overwritten(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);
	struct sb_error err;
	bool already;
	u8 int3 = 0xcc;

	(void)state;
	spec.funcs[1] = spec.funcs[0];
	spec.funcs[0] = rt_func("rt_old_2", rt_old_2, 22);
	spec.n = 2;
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_int_equal(pwrite(core.writer.mem_fd, &int3, 1, (off_t)(uintptr_t)rt_old_1), 1);
	assert_int_equal(commit(&err), SB_FAILED);
	assert_non_null(strstr(err.text, "function 1 of the patch was changed"));
	assert_int_equal(pwrite(core.writer.mem_fd, before, 1, (off_t)(uintptr_t)rt_old_1), 1);
	drop_patch("one");
	assert_untouched();
}

/* A write that fails at the last function: the ones before it are put back. */
static void failed_commit_is_undone(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);
	struct sb_patch *patch;
	struct sb_write *writes;
	struct sb_error err;
	bool already;
	uint32_t at;

	(void)state;
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	patch = core.txn.patch;
	writes = patch->writes;
	/* Its site can be read and compared, but not written: a mapping of a file, shared, r--. */
	int fd = open("/proc/self/exe", O_RDONLY);
	u8 *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	assert_true(map != MAP_FAILED);
	struct sb_write two[2] = { writes[0], writes[0] };

	two[1].addr = (u64)(uintptr_t)map;
	two[1].old = map;
	patch->writes = two;
	patch->n_writes = 2;
	assert_true(sb_exchange_quiet(&core.writer, patch, SB_PUT_IN, &at) < 0);
	assert_int_equal(at, 1);
	assert_memory_equal(before, (const void *)rt_old_1, sizeof(before));
	patch->writes = writes;
	patch->n_writes = 1;
	munmap(map, 4096);
	close(fd);
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	drop_patch("one");
	assert_untouched();
}

static void *sleep_in_read(void *arg)
{
	char c;

	return read(*(int *)arg, &c, 1) == 1 ? arg : NULL;
}

static void running_thread_makes_commit_busy(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);
	struct sb_error err;
	pthread_t thread;
	bool already;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_int_equal(pthread_create(&thread, NULL, sleep_in_read, &fds[0]), 0);
	/* It sleeps, but nobody holds it. */
	assert_int_equal(commit(&err), SB_BUSY);
	assert_non_null(strstr(err.text, "is not stopped by this client"));
	assert_int_equal(core.txn.state, SB_TXN_APPLYING);
	assert_memory_equal(before, (const void *)rt_old_1, sizeof(before));
	assert_int_equal(write(fds[1], "x", 1), 1);
	pthread_join(thread, NULL);
	/* The kernel may show the thread for a moment longer. */
	for (int i = 0; i < 1000 && commit(&err) == SB_BUSY; i++)
		usleep(1000);
	assert_int_equal(rt_old_1(), 11);
	remove_patch("one");
	close(fds[0]);
	close(fds[1]);
	assert_untouched();
}

/* The other way of writing, for kernels that forbid /proc/self/mem. */
static void mprotect_way_works_too(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);

	(void)state;
	core.writer.way = SB_WAY_MPROTECT;
	spec.funcs[spec.n++] = rt_func("rt_old_2", rt_old_2, 22);
	spec.bss = 5000;
	apply(&spec);
	assert_int_equal(rt_old_1(), 11);
	assert_int_equal(rt_old_2(), 22);
	remove_patch("one");
	assert_untouched();
	core.writer.way = SB_WAY_MEM;
	assert_untouched();
}

static void unwritable_code_is_known_before(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);
	struct sb_error err;
	bool already;

	(void)state;
	core.writer.way = SB_WAY_NONE;
	assert_int_equal(prepare(&spec, &already, &err), SB_FAILED);
	assert_non_null(strstr(err.text, "may not change its code"));
	assert_int_equal(core.txn.state, SB_TXN_IDLE);
	core.writer.way = SB_WAY_MEM;
	sb_txn_tidy(&core);
	assert_untouched();
}

static void page_of_the_runtime_is_blocked_without_mem(void **state)
{
	struct sb_write w = { .addr = (u64)(uintptr_t)sb_exchange_quiet,
			      .len = LIVEPATCH_JUMP_LEN };

	(void)state;
	assert_false(sb_text_is_blocked(&core.writer, &w));
	core.writer.way = SB_WAY_MPROTECT;
	assert_true(sb_text_is_blocked(&core.writer, &w));
	w.addr = (u64)(uintptr_t)core.areas[SB_TEXT].base;
	assert_false(sb_text_is_blocked(&core.writer, &w));
	core.writer.way = SB_WAY_MEM;
}

/* Removal waits for all of the text, by pieces that do not overlap. */
static void code_covers_all_text(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);
	const struct sb_patch *patch;
	u64 at;

	(void)state;
	spec.funcs[spec.n++] = rt_func("rt_old_2", rt_old_2, 22);
	apply(&spec);
	patch = core.patches.newest;
	at = sb_span_addr(&core.areas[SB_TEXT], &patch->spans[SB_TEXT]);
	assert_int_equal(patch->n_code, 2);
	assert_string_equal(patch->code[0].name, "rt_old_1");
	assert_int_equal(patch->code[0].addr, at);
	assert_int_equal(patch->code[0].size, 6);
	assert_string_equal(patch->code[1].name, "rt_old_2");
	assert_int_equal(patch->code[1].addr, at + 16);
	remove_patch("one");
}

static void cycles_leave_nothing_behind(void **state)
{
	struct rt_spec spec = spec_1("one", 1, 11);

	(void)state;
	for (int i = 0; i < 200; i++) {
		apply(&spec);
		assert_int_equal(rt_old_1(), 11);
		remove_patch("one");
		assert_int_equal(rt_old_1(), 1);
	}
	assert_untouched();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(apply_and_remove),
		TEST(nothing_changes_before_commit),
		TEST(twice_is_already),
		TEST(stack_is_undone_from_the_top),
		TEST(independent_patches_go_in_any_order),
		TEST(entry_changed_by_others_is_not_overwritten),
		TEST(failed_commit_is_undone),
		TEST(running_thread_makes_commit_busy),
		TEST(mprotect_way_works_too),
		TEST(unwritable_code_is_known_before),
		TEST(page_of_the_runtime_is_blocked_without_mem),
		TEST(code_covers_all_text),
		TEST(cycles_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
