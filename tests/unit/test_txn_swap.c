/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A patch takes the place of two others: whose hooks run when, and that all are undone on failure.
 */
#include "runtime/livepatch.h"
#include "runtime/txn.h"
#include "tests/unit/rt_txn.h"

/*
 * Two letters a hook: whose it is (a, b, or n for the new one), and l load, u unload, p preapply,
 * P postapply, r prerevert, R postrevert; behind that '!' if it saw rc != 0, '?' if function 1 did
 * not give what it should.
 */
static char story[128];
static const char *vetoer; /* the hook that vetoes, or "" */
static u64 *spoil; /* what the new one's load hook changes, and its unload hook changes back */
static bool stays_spoiled;
static bool is_replacing; /* nothing is written before all hooks of the window have run */

static void tell(const char *what, int value, int want)
{
	size_t len = strlen(story);

	(void)snprintf(story + len, sizeof(story) - len, "%s%s", what, value == want ? "" : "?");
}

static int ask(const char *what)
{
	tell(what, 0, 0);
	return strcmp(what, vetoer) ? 0 : -7;
}

/* What function 1 gives while the hooks of a patch run in the window: UNDER, if it alone goes in or
 * out. */
#define HOOKS(who, under)                                                                          \
	static void who##_load(void)                                                               \
	{                                                                                          \
		tell(#who "l", rt_old_1(), is_replacing ? 12 : under);                             \
		if (*#who == 'n' && spoil)                                                         \
			*spoil += 1;                                                               \
	}                                                                                          \
	static void who##_unload(void)                                                             \
	{                                                                                          \
		tell(#who "u", rt_old_1(), is_replacing ? 12 : under);                             \
		if (*#who == 'n' && spoil && !stays_spoiled)                                       \
			*spoil -= 1;                                                               \
	}                                                                                          \
	static int who##_preapply(const struct livepatch_payload *p)                               \
	{                                                                                          \
		(void)p;                                                                           \
		return ask(#who "p");                                                              \
	}                                                                                          \
	static int who##_prerevert(const struct livepatch_payload *p)                              \
	{                                                                                          \
		(void)p;                                                                           \
		return ask(#who "r");                                                              \
	}                                                                                          \
	static void who##_postapply(const struct livepatch_payload *p)                             \
	{                                                                                          \
		tell(p->rc ? #who "P!" : #who "P", 0, 0);                                          \
	}                                                                                          \
	static void who##_postrevert(const struct livepatch_payload *p)                            \
	{                                                                                          \
		tell(p->rc ? #who "R!" : #who "R", 0, 0);                                          \
	}                                                                                          \
	static const struct rt_hook who##_hooks[] = {                                              \
		{ "load", (u64)(uintptr_t)who##_load },                                            \
		{ "unload", (u64)(uintptr_t)who##_unload },                                        \
		{ "preapply", (u64)(uintptr_t)who##_preapply },                                    \
		{ "prerevert", (u64)(uintptr_t)who##_prerevert },                                  \
		{ "postapply", (u64)(uintptr_t)who##_postapply },                                  \
		{ "postrevert", (u64)(uintptr_t)who##_postrevert },                                \
	};

HOOKS(a, 1)
HOOKS(b, 11)
HOOKS(n, 1)

static const u64 numbers[] = { 55, 66 };
static struct rt_table table;

static struct rt_spec with_hooks(const char *name, u8 id, int value, const struct rt_hook *hooks)
{
	struct rt_spec spec = spec_1(name, id, value);

	memcpy(spec.funcs[0].expect, before, 9); /* of the unpatched program */
	spec.hooks = hooks;
	spec.n_hooks = LP_ARRAY_SIZE(a_hooks);
	return spec;
}

/* Applies a, and b on it, and gives what is to replace them. */
static struct rt_spec two_and_one(void)
{
	static u8 id_a[LIVEPATCH_BUILD_ID_LEN];
	struct rt_spec a = with_hooks("a", 1, 11, a_hooks), b = with_hooks("b", 2, 12, b_hooks);
	struct rt_spec all = with_hooks("all", 3, 41, n_hooks);

	vetoer = "";
	spoil = NULL;
	stays_spoiled = is_replacing = false;
	memset(id_a, 1, sizeof(id_a));
	b.depends = id_a;
	b.depends_len = sizeof(id_a);
	apply(&a);
	apply(&b);
	assert_int_equal(rt_old_1(), 12);
	table = (struct rt_table){ "numbers",	      (u64)(uintptr_t)rt_numbers,
				   tables_before + 6, numbers,
				   sizeof(numbers),   0 };
	all.replaces = true;
	all.tables = &table;
	all.n_tables = 1;
	story[0] = '\0';
	is_replacing = true;
	return all;
}

/* Both are there as before, and go as they would have gone. */
static void both_go(void)
{
	assert_int_equal(rt_old_1(), 12);
	assert_int_equal(core.patches.n, 2);
	story[0] = '\0';
	vetoer = "";
	is_replacing = false;
	remove_patch("b");
	remove_patch("a");
	assert_string_equal(story, "brbubRarauaR");
	assert_untouched();
}

static void hooks_of_all_run(void **state)
{
	struct rt_spec all = two_and_one();

	(void)state;
	apply(&all);
	assert_string_equal(story, "brarnpbuaunlbRaRnP");
	assert_int_equal(rt_old_1(), 41);
	assert_int_equal(core.patches.n, 1);
	sb_txn_tidy(&core);
	assert_string_equal(story, "brarnpbuaunlbRaRnP");
	story[0] = '\0';
	is_replacing = false;
	remove_patch("all");
	assert_string_equal(story, "nrnunR");
	drop_patch("a");
	drop_patch("b");
	assert_untouched();
}

static void any_may_veto(void **state)
{
	static const struct {
		const char *who, *story, *says;
	} rows[] = {
		{ "br", "br", "the prerevert hook of 'b' said -7; nothing changed" },
		{ "ar", "brarbR!", "the prerevert hook of 'a' said -7; nothing changed" },
		{ "np", "brarnpbR!aR!", "the preapply hook of 'all' said -7; nothing changed" },
	};
	struct rt_spec all = two_and_one();

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(rows); i++) {
		struct sb_error err;
		bool already;

		story[0] = '\0';
		vetoer = rows[i].who;
		assert_int_equal(prepare(&all, &already, &err), SB_REFUSED);
		assert_string_equal(err.text, rows[i].says);
		assert_int_equal(core.txn.state, SB_TXN_IDLE);
		sb_txn_tidy(&core);
		assert_string_equal(story, rows[i].story);
	}
	both_go();
}

static void giving_up_is_told(void **state)
{
	struct rt_spec all = two_and_one();
	struct sb_error err;
	bool already;

	(void)state;
	assert_int_equal(prepare(&all, &already, &err), SB_OK);
	sb_txn_abort(&core);
	assert_string_equal(story, "brarnp");
	sb_txn_tidy(&core);
	assert_string_equal(story, "brarnpbR!aR!nP!");
	drop_patch("all");
	both_go();
}

/* The new one's load hook spoils what it is to replace: its unload hook undoes that, and the others
 * go in again with their load hooks, the lowest first. */
static void failure_restores(void **state)
{
	struct rt_spec all = two_and_one();
	struct sb_error err;
	bool already;

	(void)state;
	spoil = (u64 *)(uintptr_t)rt_numbers;
	assert_int_equal(prepare(&all, &already, &err), SB_OK);
	assert_int_equal(commit(&err), SB_FAILED);
	assert_non_null(strstr(err.text, "those that were applied still are"));
	assert_string_equal(story, "brarnpbuaunlnualblbR!aR!nP!");
	drop_patch("all");
	both_go();
}

static void poke(u8 byte)
{
	assert_int_equal(pwrite(core.writer.mem_fd, &byte, 1, (off_t)(uintptr_t)rt_old_1), 1);
}

/* The first one to go out cannot. */
static void stale_entry_runs_no_hook_in_the_window(void **state)
{
	struct rt_spec all = two_and_one();
	struct sb_error err;
	bool already;

	(void)state;
	assert_int_equal(prepare(&all, &already, &err), SB_OK);
	poke(0xcc);
	assert_int_equal(commit(&err), SB_FAILED);
	poke(0xe9);
	assert_string_equal(story, "brarnpbR!aR!nP!");
	drop_patch("all");
	both_go();
}

/* A hook has spoiled what one of the others had replaced: nothing is taken out. */
static void a_spoiled_table_stops_it(void **state)
{
	struct rt_spec all = two_and_one(), c = { .name = "c", .id = 9 };
	static const u64 others[] = { 77, 88 };
	struct rt_table theirs = table;
	struct sb_error err;
	bool already;

	(void)state;
	theirs.new = others;
	c.tables = &theirs;
	c.n_tables = 1;
	apply(&c);
	spoil = (u64 *)(uintptr_t)rt_numbers;
	stays_spoiled = true;
	assert_int_equal(prepare(&all, &already, &err), SB_OK);
	assert_int_equal(commit(&err), SB_FAILED);
	assert_non_null(strstr(err.text, "those that were applied still are"));
	assert_int_equal(rt_numbers[0], others[0] + 1);
	memcpy((void *)(uintptr_t)rt_numbers, others, sizeof(others));
	drop_patch("all");
	remove_patch("c");
	both_go();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hooks_of_all_run),
		TEST(any_may_veto),
		TEST(giving_up_is_told),
		TEST(failure_restores),
		TEST(stale_entry_runs_no_hook_in_the_window),
		TEST(a_spoiled_table_stops_it),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
