/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/refusals.h"
#include "tests/unit/test.h"

#define GREW "cannot patch 'struct S': its size grew from 8 to 16 bytes"

static void say(struct lp_refusals *refusals, const char *object, const char *text)
{
	lp_refusals_add(refusals, object, lp_strdup(&arena, text));
}

static void finish(void *err)
{
	lp_err_finish(err, false);
}

/* What a person would read. */
static const char *printed(struct lp_err *err)
{
	return test_capture(2, finish, err);
}

static void a_reason_of_many_objects_is_told_once_and_first(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	say(&refusals, "a.o",
	    "error: a.o: initial data of 'd' has changed\n"
	    "  also layout-changed: " GREW "\n"
	    "    first difference: member 'm'\n"
	    "  rule: data-changed\n  advice: set it from a hook\n");
	say(&refusals, "b.o",
	    "error: b.o: " GREW "\n  first difference: member 'm'\n"
	    "  rule: layout-changed\n  advice: keep the layout\n");
	say(&refusals, "c.o",
	    "error: c.o: " GREW "\n  first difference: member 'm'\n"
	    "  rule: layout-changed\n  advice: keep the layout\n");
	assert_string_equal(printed(lp_refusals_error(&refusals, LP_REFUSED, "3 of 3 objects")),
			    "error: 3 of 3 objects\n"
			    "  " GREW "\n"
			    "    first difference: member 'm'\n"
			    "    layout-changed, in 'a.o' and 2 more\n"
			    "  initial data of 'd' has changed\n"
			    "    data-changed, in 'a.o'\n"
			    "  rule: layout-changed\n"
			    "  advice: keep the layout\n");
}

static void what_else_holds_a_struct_makes_no_other_reason(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	for (int i = 0; i < 20; i++)
		say(&refusals, lp_printf(&arena, "%d.o", i),
		    lp_printf(&arena,
			      "error: %d.o: " GREW "\n  member 'm' is new; also in 'struct T%d'\n"
			      "  rule: r\n  advice: a\n",
			      i, i));
	say(&refusals, "x.o", "error: x.o: another reason\n  rule: r\n  advice: a\n");
	assert_string_equal(printed(lp_refusals_error(&refusals, LP_REFUSED, "m")),
			    "error: m\n"
			    "  " GREW "\n"
			    "    member 'm' is new\n"
			    "    r, in '0.o' and 19 more\n"
			    "  another reason\n"
			    "    r, in 'x.o'\n"
			    "  rule: r\n"
			    "  advice: a\n");
}

static void what_a_layout_moves_does_not_hide_it(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	for (int i = 0; i < 20; i++)
		say(&refusals, "a.o",
		    lp_printf(&arena, "error: a.o: table %d has changed\n  rule: data-changed\n",
			      i));
	for (int i = 0; i < 21; i++)
		say(&refusals, "b.o", "error: b.o: " GREW "\n  rule: layout-changed\n");
	say(&refusals, "z.o", "error: z.o: another struct\n  rule: layout-changed\n");
	const char *text = printed(lp_refusals_error(&refusals, LP_REFUSED, "m"));
	const char *grew = strstr(text, GREW), *other = strstr(text, "another struct");

	assert_true(grew && other && grew < other && other < strstr(text, "table 0 "));
}

/* As the fix ati-pixman: one object with more of what follows than of what it follows from. */
static void what_follows_stands_behind_the_cause(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	say(&refusals, "a.o",
	    "error: a.o: " GREW "\n"
	    "  also data-changed: table 1 has changed\n"
	    "  also data-changed: table 2 has changed\n"
	    "  rule: layout-changed\n  advice: keep the layout\n");
	say(&refusals, "b.o",
	    "error: b.o: " GREW "\n"
	    "  also data-changed: table 1 has changed\n"
	    "  rule: layout-changed\n  advice: keep the layout\n");
	assert_string_equal(printed(lp_refusals_error(&refusals, LP_REFUSED, "m")),
			    "error: m\n"
			    "  " GREW "\n"
			    "    layout-changed, in 'a.o' and 1 more\n"
			    "  table 1 has changed\n"
			    "    data-changed, in 'a.o' and 1 more\n"
			    "  table 2 has changed\n"
			    "    data-changed, in 'a.o'\n"
			    "  rule: layout-changed\n"
			    "  advice: keep the layout\n");
}

static void a_type_stands_before_its_many_tables(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	for (int i = 0; i < 20; i++)
		say(&refusals, lp_printf(&arena, "%d.o", i),
		    lp_printf(&arena,
			      "error: %d.o: initial data of 'd%d' has changed\n"
			      "  rule: data-changed\n  advice: set it from a hook\n",
			      i, i));
	say(&refusals, "x.o",
	    "error: x.o: " GREW "\n  rule: layout-changed\n  advice: keep the layout\n");
	const char *text = printed(lp_refusals_error(&refusals, LP_REFUSED, "m"));

	assert_non_null(strstr(text, "error: m\n  " GREW "\n    layout-changed, in 'x.o'\n"));
	assert_non_null(strstr(text, "  rule: layout-changed\n  advice: keep the layout\n"));
}

static void advice_is_of_a_reason_that_has_one(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	say(&refusals, "a.o", "Killed");
	say(&refusals, "b.o", "Killed");
	say(&refusals, "c.o", "error: c.o: " GREW "\n  rule: layout-changed\n  advice: keep it\n");
	assert_string_equal(printed(lp_refusals_error(&refusals, LP_FAILED, "m")),
			    "error: m\n"
			    "  the comparison ended without a reason\n"
			    "    error, in 'a.o' and 1 more\n"
			    "  " GREW "\n"
			    "    layout-changed, in 'c.o'\n"
			    "  rule: layout-changed\n"
			    "  advice: keep it\n");
}

static void the_list_of_reasons_is_bounded(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	for (int i = 0; i < 100; i++)
		say(&refusals, lp_printf(&arena, "%03d.o", i),
		    lp_printf(&arena, "error: %03d.o: reason %d\n  rule: r\n  advice: a\n", i, i));
	const char *text = printed(lp_refusals_error(&refusals, LP_REFUSED, "m"));

	assert_non_null(strstr(text, "reason 11\n"));
	assert_null(strstr(text, "reason 12\n"));
	assert_non_null(strstr(text, "and 88 more reasons"));
}

/* Most objects have reasons of one rule; two others have one of their own. */
static void no_rule_is_hidden(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	for (int i = 0; i < 20; i++)
		say(&refusals, lp_printf(&arena, "%02d.o", i),
		    lp_printf(&arena, "error: %02d.o: table %d\n  rule: data-changed\n", i, i));
	say(&refusals, "x.o", "error: x.o: a trace event more\n  rule: trace-table\n");
	say(&refusals, "y.o", "error: y.o: another one\n  rule: trace-table\n");
	const char *text = printed(lp_refusals_error(&refusals, LP_REFUSED, "m"));

	assert_non_null(strstr(text, "table 11\n"));
	assert_null(strstr(text, "table 12\n"));
	assert_non_null(strstr(text, "trace-table, in 'x.o'\n  and 9 more reasons"));
}

static void what_is_no_refusal_keeps_its_words(void **state)
{
	(void)state;
	struct lp_refusals refusals = { .arena = &arena };

	say(&refusals, "a.o", "error: cannot open 'a.o': no such file\n");
	say(&refusals, "b.o", "");
	say(&refusals, "c.o", "Killed");
	struct lp_err *err = lp_refusals_error(&refusals, LP_FAILED, "m");

	assert_string_equal(lp_err_rule_id(err), "");
	assert_string_equal(printed(err), "error: m\n"
					  "  the comparison ended without a reason\n"
					  "    error, in 'b.o' and 1 more\n"
					  "  cannot open 'a.o': no such file\n"
					  "    error, in 'a.o'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reason_of_many_objects_is_told_once_and_first),
		TEST(what_else_holds_a_struct_makes_no_other_reason),
		TEST(what_a_layout_moves_does_not_hide_it),
		TEST(what_follows_stands_behind_the_cause),
		TEST(a_type_stands_before_its_many_tables),
		TEST(advice_is_of_a_reason_that_has_one),
		TEST(the_list_of_reasons_is_bounded),
		TEST(no_rule_is_hidden),
		TEST(what_is_no_refusal_keeps_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
