/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the author's hooks run, how often, and what becomes of the patch. */
#include <pthread.h>

#include "runtime/livepatch.h"
#include "runtime/txn.h"
#include "tests/unit/rt_txn.h"

#define ADDR(x) ((u64)(uintptr_t)(x))

static char story[64]; /* one letter a hook, a digit for each that saw rc != 0 */
static int last_rc, pre_rc;
static u64 *spoil; /* what the load hook changes */

static void tell(char c)
{
	size_t len = strlen(story);

	if (len + 1 < sizeof(story))
		story[len] = c;
}

static livepatch_stopped_hook load, load_2, unload;
static livepatch_pre_hook preapply, prerevert;
static livepatch_post_hook postapply, postrevert;

static void load(void)
{
	/* Nothing is written yet when it goes in. */
	tell(rt_old_1() == 1 ? 'l' : '?');
	if (spoil)
		*spoil += 1;
}

static void load_2(void)
{
	tell('m');
}

static void unload(void)
{
	tell(rt_old_1() == 1 ? 'u' : '?');
	if (spoil)
		*spoil -= 1;
}

static int preapply(const struct livepatch_payload *payload)
{
	tell(strcmp(payload->name, "one") || payload->rc ? '?' : 'a');
	return pre_rc;
}

static int prerevert(const struct livepatch_payload *payload)
{
	tell(strcmp(payload->name, "one") || payload->rc ? '?' : 'r');
	return pre_rc;
}

static void postapply(const struct livepatch_payload *payload)
{
	tell('A');
	last_rc = payload->rc;
}

static void postrevert(const struct livepatch_payload *payload)
{
	tell('R');
	last_rc = payload->rc;
}

static struct rt_spec with_hooks(void)
{
	static struct rt_hook hooks[7];
	struct rt_spec spec = spec_1("one", 1, 11);

	hooks[0] = (struct rt_hook){ "load", ADDR(load) };
	hooks[1] = (struct rt_hook){ "load", ADDR(load_2) };
	hooks[2] = (struct rt_hook){ "unload", ADDR(unload) };
	hooks[3] = (struct rt_hook){ "preapply", ADDR(preapply) };
	hooks[4] = (struct rt_hook){ "postapply", ADDR(postapply) };
	hooks[5] = (struct rt_hook){ "prerevert", ADDR(prerevert) };
	hooks[6] = (struct rt_hook){ "postrevert", ADDR(postrevert) };
	spec.hooks = hooks;
	spec.n_hooks = 7;
	memset(story, 0, sizeof(story));
	last_rc = 99;
	pre_rc = 0;
	spoil = NULL;
	return spec;
}

static void hooks_run_in_order(void **state)
{
	struct rt_spec spec = with_hooks();
	struct wire_patch wire;

	(void)state;
	apply(&spec);
	assert_string_equal(story, "almA");
	assert_int_equal(last_rc, 0);
	sb_patch_describe(core.patches.newest, &wire);
	assert_int_equal(wire.n_hooks, 7);
	last_rc = 99;
	remove_patch("one");
	assert_string_equal(story, "almAruR");
	assert_int_equal(last_rc, 0);
	sb_txn_tidy(&core);
	assert_string_equal(story, "almAruR");
	assert_untouched();
}

static void hooks_need_no_function(void **state)
{
	struct rt_spec spec = with_hooks();

	(void)state;
	spec.n = 0;
	apply(&spec);
	remove_patch("one");
	assert_string_equal(story, "almAruR");
	assert_untouched();
}

/* A hook may be the payload's own code: here it is `mov $11,%eax; ret`. */
static void hook_of_the_payload_vetoes(void **state)
{
	static const struct rt_hook hook = { "preapply", 0 };
	struct rt_spec spec = with_hooks();
	struct sb_error err;
	bool already;

	(void)state;
	spec.hooks = &hook;
	spec.n_hooks = 1;
	assert_int_equal(prepare(&spec, &already, &err), SB_REFUSED);
	assert_string_equal(err.text, "the preapply hook of 'one' said 11; nothing changed");
	sb_txn_tidy(&core);
	assert_untouched();
}

static void veto_before_apply(void **state)
{
	struct rt_spec spec = with_hooks();
	struct sb_error err;
	bool already;

	(void)state;
	pre_rc = -5;
	assert_int_equal(prepare(&spec, &already, &err), SB_REFUSED);
	assert_non_null(strstr(err.text, "said -5"));
	assert_int_equal(core.txn.state, SB_TXN_IDLE);
	sb_txn_tidy(&core);
	assert_string_equal(story, "a");
	assert_untouched();
}

static void veto_before_removal(void **state)
{
	struct rt_spec spec = with_hooks();
	struct sb_error err;

	(void)state;
	apply(&spec);
	pre_rc = 3;
	assert_int_equal(begin_revert("one", &err), SB_REFUSED);
	assert_string_equal(err.text, "the prerevert hook of 'one' said 3; nothing changed");
	assert_int_equal(core.txn.state, SB_TXN_IDLE);
	sb_txn_tidy(&core);
	assert_string_equal(story, "almAr");
	assert_int_equal(rt_old_1(), 11);
	pre_rc = 0;
	remove_patch("one");
	assert_string_equal(story, "almArruR");
	assert_untouched();
}

static void abort_runs_the_post_hook_once(void **state)
{
	struct rt_spec spec = with_hooks();
	struct sb_error err;
	bool already;

	(void)state;
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	sb_txn_abort(&core);
	assert_string_equal(story, "a"); /* the client may still hold the threads */
	sb_txn_tidy(&core);
	sb_txn_tidy(&core);
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	assert_string_equal(story, "aA");
	assert_int_equal(last_rc, -ECANCELED);
	drop_patch("one");
	assert_untouched();
	apply(&spec);
	assert_int_equal(begin_revert("one", &err), SB_OK);
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	assert_string_equal(story, "aAalmArR");
	assert_int_equal(last_rc, -ECANCELED);
	remove_patch("one");
	assert_untouched();
}

static void applied_already_runs_no_hook(void **state)
{
	struct rt_spec spec = with_hooks();
	struct sb_error err;
	bool already;

	(void)state;
	apply(&spec);
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_true(already);
	sb_txn_tidy(&core);
	assert_string_equal(story, "almA");
	remove_patch("one");
	assert_untouched();
}

/* Somebody else's breakpoint is seen before the load hooks run. */
static void stale_entry_runs_no_load_hook(void **state)
{
	struct rt_spec spec = with_hooks();
	struct sb_error err;
	bool already;
	u8 int3 = 0xcc;

	(void)state;
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_int_equal(pwrite(core.writer.mem_fd, &int3, 1, (off_t)ADDR(rt_old_1)), 1);
	assert_int_equal(commit(&err), SB_FAILED);
	assert_int_equal(pwrite(core.writer.mem_fd, before, 1, (off_t)ADDR(rt_old_1)), 1);
	assert_string_equal(story, "aA");
	assert_int_equal(last_rc, -ESTALE);
	drop_patch("one");
	assert_untouched();
}

/* A load hook writes to a table of the patch: nothing is written, the unload hooks undo it. */
static void load_hooks_are_undone(void **state)
{
	static const u64 numbers[] = { 55, 66 };
	const struct rt_table table = { "numbers", ADDR(rt_numbers), tables_before + 6,
					numbers,   sizeof(numbers),  0 };
	struct rt_spec spec = with_hooks();
	struct sb_error err;
	bool already;

	(void)state;
	spec.tables = &table;
	spec.n_tables = 1;
	spoil = (u64 *)ADDR(rt_numbers);
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_int_equal(commit(&err), SB_FAILED);
	assert_non_null(strstr(err.text, "table 0 of the patch was changed"));
	assert_string_equal(story, "almuA");
	assert_int_equal(last_rc, -ESTALE);
	drop_patch("one");
	assert_untouched();
}

static int pipe_fds[2];
static pthread_t thread;
static bool has_thread;

static void *sleep_in_read(void *arg)
{
	char c;

	return read(pipe_fds[0], &c, 1) == 1 ? arg : NULL;
}

static void start_thread_once(void)
{
	load();
	has_thread = !has_thread && !pthread_create(&thread, NULL, sleep_in_read, NULL);
}

static void end_thread(void)
{
	unload();
	if (has_thread && write(pipe_fds[1], "x", 1) == 1)
		pthread_join(thread, NULL);
}

/* A load hook takes so long that the client lets the threads go: nothing is written under them. */
static void threads_are_looked_at_again_after_load_hooks(void **state)
{
	struct rt_spec spec = with_hooks();
	const struct rt_hook hooks[] = {
		{ "load", ADDR(start_thread_once) },
		{ "unload", ADDR(end_thread) },
		{ "postapply", ADDR(postapply) },
	};
	struct sb_error err;
	bool already;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	spec.hooks = hooks;
	spec.n_hooks = 3;
	assert_int_equal(prepare(&spec, &already, &err), SB_OK);
	assert_int_equal(commit(&err), SB_BUSY);
	assert_non_null(strstr(err.text, "is not stopped by this client"));
	assert_string_equal(story, "lu");
	assert_int_equal(core.txn.state, SB_TXN_APPLYING);
	assert_int_equal(rt_old_1(), 1);
	/* The kernel may show the thread for a moment longer. */
	for (int i = 0; i < 1000 && commit(&err) == SB_BUSY; i++)
		usleep(1000);
	assert_string_equal(story, "lulA");
	assert_int_equal(rt_old_1(), 11);
	has_thread = false;
	remove_patch("one");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_untouched();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hooks_run_in_order),
		TEST(hooks_need_no_function),
		TEST(hook_of_the_payload_vetoes),
		TEST(veto_before_apply),
		TEST(veto_before_removal),
		TEST(abort_runs_the_post_hook_once),
		TEST(applied_already_runs_no_hook),
		TEST(stale_entry_runs_no_load_hook),
		TEST(load_hooks_are_undone),
		TEST(threads_are_looked_at_again_after_load_hooks),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
