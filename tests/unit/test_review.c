/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "review/model.h"
#include "tests/unit/test.h"

static void assert_clean(const char *text, const char *want)
{
	assert_string_equal(rv_clean(&arena, text), want);
}

static void hidden_characters_are_shown(void **state)
{
	(void)state;
	assert_clean("plain text, <b> & \"'", "plain text, <b> & \"'");
	assert_clean("a\tb", "a\tb");
	assert_clean("\x1b[31m\r\n\x7f", "\\u{1b}[31m\\u{d}\\u{a}\\u{7f}");
	assert_clean("caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x82",
		     "caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x82");
	assert_clean("\xe2\x80\xae"
		     "evil\xe2\x80\x8b",
		     "\\u{202e}evil\\u{200b}");
	assert_clean("\xc2\x9b"
		     "31m\xef\xbb\xbf",
		     "\\u{9b}31m\\u{feff}");
	assert_clean("\xff\xc3", "\\xff\\xc3");
	assert_clean("\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80");
	assert_clean("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	assert_null(rv_clean(&arena, NULL));
	assert_string_equal(rv_clean_n(&arena, "a\0b", 3), "a\\u{0}b");
}

/* One instruction for each word. */
static struct rv_code code_of(const char *words)
{
	struct rv_code code = { 0 };
	char *save, *copy = lp_strdup(&arena, words);

	for (char *w = strtok_r(copy, ";", &save); w; w = strtok_r(NULL, ";", &save)) {
		struct rv_insn insn = {
			.off = code.n, .jump = -1, .text = w, .key = w, .twin = RV_NO_TWIN
		};

		lp_vec_push(&arena, &code, insn);
	}
	return code;
}

/* The twins of the old ones, - for none. */
static const char *align(const char *old, const char *new, u64 cells)
{
	struct rv_maker m = { .arena = &arena, .cells_left = cells };
	struct rv_code a = code_of(old), b = code_of(new);
	const char *text = "";

	rv_align(&m, &a, &b);
	for (size_t i = 0; i < a.n; i++) {
		u32 twin = a.items[i].twin;

		if (twin == RV_NO_TWIN) {
			text = lp_printf(&arena, "%s-", text);
			continue;
		}
		assert_true(twin < b.n && b.items[twin].twin == i);
		text = lp_printf(&arena, "%s%u", text, twin);
	}
	return text;
}

static void equal_instructions_are_twins(void **state)
{
	(void)state;
	assert_string_equal(align("a;b;c", "a;b;c", 1000), "012");
	assert_string_equal(align("a;b;c", "a;x;b;c", 1000), "023");
	assert_string_equal(align("a;x;b;c", "a;b;c", 1000), "0-12");
	assert_string_equal(align("", "a", 1000), "");
	assert_string_equal(align("a;a;a", "a;a", 1000), "01-");
	assert_string_equal(align("a;b;c;d", "c;d;a;b", 1000), "--01");
}

static void another_operand_is_better_than_none(void **state)
{
	(void)state;
	assert_string_equal(align("mov 1;add 2;ret", "mov 9;add 2;ret", 1000), "012");
	assert_string_equal(align("mov 1;mov 2", "mov 2;mov 3", 1000), "-0");
	assert_string_equal(align("mov 1;jz 2", "add 1;jz 3", 1000), "-1");
}

/* What costs too much is left unaligned, begin and end excepted. */
static void alignment_is_bounded(void **state)
{
	(void)state;
	assert_string_equal(align("a;b;c;z", "a;x;b;y;c;q;z", 3), "0--6");
	assert_string_equal(align("a;b;c;z", "a;x;b;y;c;q;z", 1000), "0246");
}

static const char diff[] = "--- a/hw/x.c\n"
			   "+++ b/hw/x.c\n"
			   "@@ -1,3 +1,4 @@ static int first(int a)\n"
			   " \tone();\n"
			   "+\ttwo();\n"
			   " \treturn 0;\n"
			   " }\n"
			   "@@ -20,3 +21,6 @@ int second(void)\n"
			   " {\n"
			   " }\n"
			   " \n"
			   "+static __attribute__((cold)) void third(void)\n"
			   "+{\n"
			   "+}\n"
			   "--- a/hw/y.c\n"
			   "+++ b/hw/y.c\n"
			   "@@ -1 +1 @@\n"
			   "-#define Y 1\n"
			   "+#define Y 2\n";

/* The heads of the hunks that are shown for function NAME of OBJECT. */
static const char *hunks_of(const char *text, const char *name, const char *object)
{
	struct lp_m_function f = { .name = name, .object = object };
	struct rv_input input = { .diff = text, .diff_len = strlen(text) };
	struct rv_doc doc = { 0 };
	struct rv_maker m = { .input = &input, .arena = &arena, .doc = &doc };
	const char *heads = "";

	rv_read_hunks(&m);
	if (name)
		rv_function_hunks(&m, &f);
	else
		rv_other_hunks(&m);
	for (size_t i = 0; i < doc.rows.n; i++) {
		if (doc.rows.items[i].mark == RV_AT)
			heads = lp_printf(&arena, "%s%.9s;", heads, doc.rows.items[i].cell[0]);
	}
	return heads;
}

static void hunks_are_shown_with_their_function(void **state)
{
	(void)state;
	assert_string_equal(hunks_of(diff, "first", "a.p/hw_x.c.o"), "@@ -1,3 +;");
	assert_string_equal(hunks_of(diff, "first.constprop.0", "hw/x.o"), "@@ -1,3 +;");
	assert_string_equal(hunks_of(diff, "third", "hw/x.c.o"), "@@ -20,3 ;");
	/* Not named: all of its file. */
	assert_string_equal(hunks_of(diff, "second", "hw/x.o"), "@@ -1,3 +;@@ -20,3 ;");
	assert_string_equal(hunks_of(diff, "f", "hw/y.o"), "@@ -1 +1 ;");
	assert_string_equal(hunks_of(diff, "f", "hw/z.o"), "");
	/* Folders of one's own instead of a/ and b/. */
	assert_string_equal(hunks_of(diff, "first", "prog.p/x.c.o"), "@@ -1,3 +;");
	assert_string_equal(hunks_of(diff, NULL, NULL), "@@ -1,3 +;@@ -20,3 ;@@ -1 +1 ;");
}

/* git names a label when that comes before the function. */
static void a_hunk_without_a_name_is_the_only_function_s(void **state)
{
	static const char text[] = "--- a/hw/x.c\n"
				   "+++ b/hw/x.c\n"
				   "@@ -1,1 +1,2 @@ static int first(int a)\n"
				   " \tone();\n"
				   "+\ttwo();\n"
				   "@@ -30,2 +31,3 @@ again:\n"
				   " \tthree();\n"
				   "+\tfour();\n"
				   " }\n";
	struct lp_m_function list[2] = {
		{ .name = "first", .object = "hw/x.o", .change = "modified" },
		{ .name = "second", .object = "hw/x.o" },
	};
	struct rv_input input = { .diff = text, .diff_len = sizeof(text) - 1 };

	(void)state;
	input.manifest.functions = (struct lp_seq){ list, 2 };
	for (int is_only = 0; is_only < 2; is_only++) {
		struct rv_doc doc = { 0 };
		struct rv_maker m = { .input = &input, .arena = &arena, .doc = &doc };

		list[1].change = is_only ? "added" : "modified";
		rv_read_hunks(&m);
		rv_function_hunks(&m, &list[0]);
		assert_int_equal(m.hunks.n, 2);
		assert_true(m.hunks.items[0].is_shown);
		assert_int_equal(m.hunks.items[1].is_shown, is_only);
	}
}

static void what_is_no_diff_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(hunks_of("hello\nworld\n", NULL, NULL), "hello;");
	assert_string_equal(hunks_of("", NULL, NULL), "");
}

/* Any cell of any row may come from a file. */
static void no_cell_is_markup(void **state)
{
	static const char evil[] = "<script>alert(\"'&')</script>";
	struct rv_doc doc = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	for (u32 mark = RV_PLAIN; mark <= RV_AT; mark++)
		for (u32 kind = RV_TITLE; kind <= RV_FOLD; kind++) {
			struct rv_row row = { .kind = kind,
					      .mark = mark,
					      .id = evil,
					      .cell = { evil, evil, evil, evil } };

			lp_vec_push(&arena, &doc.rows, row);
		}
	rv_print_html(&doc, out);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "&lt;script&gt;"));
	assert_null(strstr(text, "<script"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hidden_characters_are_shown),
		TEST(equal_instructions_are_twins),
		TEST(another_operand_is_better_than_none),
		TEST(alignment_is_bounded),
		TEST(hunks_are_shown_with_their_function),
		TEST(no_cell_is_markup),
		TEST(a_hunk_without_a_name_is_the_only_function_s),
		TEST(what_is_no_diff_is_shown_as_it_is),
	};

	return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
