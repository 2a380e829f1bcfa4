/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>

#include "lib/file.h"
#include "lib/proc.h"
#include "lpbuild/lines.h"
#include "lpbuild/pin.h"
#include "tests/unit/test.h"

static char *pin(const char *old, const char *new_text)
{
	size_t len;
	u32 n;
	char *out = lp_pin_lines(&arena, old, strlen(old), new_text, strlen(new_text), &len, &n);

	assert_int_equal(len, strlen(out));
	return out;
}

#define assert_pinned(old, new_text, want) assert_string_equal(pin(old, new_text), want)

static void lines_behind_a_change_keep_their_number(void **state)
{
	(void)state;
	assert_pinned("a;\nb;\nc;\n", "a;\nb;\nc;\n", "a;\nb;\nc;\n");
	assert_pinned("a;\nb;\nc;\n", "a;\nX;\nc;\n", "a;\nX;\nc;\n");
	assert_pinned("a;\nb;\n", "a;\nX;\nb;\n", "a;\nX;\n#line 2\nb;\n");
	assert_pinned("a;\nb;\nc;\n", "a;\nc;\n", "a;\n#line 3\nc;\n");
	assert_pinned("a;\nb;\n", "a;\nb;\nX;\n", "a;\nb;\nX;\n");
	assert_pinned("a;\nb;\nc;\nd;\n", "X;\na;\nb;\nc;\nY;\nd;\n",
		      "X;\n#line 1\na;\nb;\nc;\nY;\n#line 4\nd;\n");
	assert_pinned("", "X;\n", "X;\n");
	assert_pinned("a;\nb;", "X;\na;\nb;", "X;\n#line 1\na;\nb;");
}

static void a_directive_waits_until_it_may_come(void **state)
{
	(void)state;
	/* A continued line, as in a macro. */
	assert_pinned("#define A \\\n1 \\\n2\nb;\n", "#define A \\\nX \\\n1 \\\n2\nb;\n",
		      "#define A \\\nX \\\n1 \\\n2\n#line 4\nb;\n");
	assert_pinned("int a; // x \\\ny\nb;\n", "int a; // x \\\nX \\\ny\nb;\n",
		      "int a; // x \\\nX \\\ny\n#line 3\nb;\n");
	/* Comments and strings. */
	assert_pinned("/*\n * a\n */\nb;\n", "/*\n * X\n * a\n */\nb;\n",
		      "/*\n * X\n * a\n */\n#line 4\nb;\n");
	assert_pinned("s = \"\\\na\";\nb;\n", "s = \"\\\nX\\\na\";\nb;\n",
		      "s = \"\\\nX\\\na\";\n#line 3\nb;\n");
	assert_pinned("s = R\"d(\na)\"\n)d\";\nb;\n", "s = R\"d(\nX\na)\"\n)d\";\nb;\n",
		      "s = R\"d(\nX\na)\"\n)d\";\n#line 4\nb;\n");
	/* The arguments of what may be a macro, when the new line has to end. */
	assert_pinned("f(a,\n  b);\nc;\n", "f(a,\n  X, // x\n  b);\nc;\n",
		      "f(a,\n  X, // x\n  b);\n#line 3\nc;\n");
	assert_pinned("f(a,\n  b);\nc;\n", "f(a,\n#if X\n  b);\nc;\n",
		      "f(a,\n#if X\n  b);\n#line 3\nc;\n");
	assert_pinned("f(a,\n#if X\n  b);\nc;\n", "f(a,\nX,\n#if X\n  b);\nc;\n",
		      "f(a,\nX,\n#if X\n  b);\n#line 4\nc;\n");
}

static void arguments_keep_their_lines(void **state)
{
	(void)state;
	assert_pinned("f(a,\n  b);\nc;\n", "f(a,\n  X,\n  b);\nc;\n", "f(a,\n  X,   b);\nc;\n");
	assert_pinned("f(a,\n  b);\nc;\n", "f(a,\n  X, /*\n*/ Y,\n  b);\nc;\n",
		      "f(a,\n  X, /* */ Y,   b);\nc;\n");
	assert_pinned("f(a,\n  b,\n  c);\nd;\n", "f(a,\n  X,\n  Y,\n  c);\nd;\n",
		      "f(a,\n  X,\n  Y,   c);\nd;\n");
	assert_pinned("f(a,\n  b,\n  c,\n  d);\ne;\n", "f(a,\n  d);\ne;\n",
		      "f(a,\n\n\n  d);\ne;\n");
	assert_pinned("f(a,\r\n  b,\r\n  c);\r\n", "f(a,\r\n  c);\r\n", "f(a,\r\n\r\n  c);\r\n");
	assert_pinned("f(a,\r\n  b);\r\n", "f(a,\r\n  X,\r\n  b);\r\n", "f(a,\r\n  X,   b);\r\n");
}

static void what_only_looks_open_does_not_delay_it(void **state)
{
	(void)state;
	assert_pinned("s = \"/*\";\nb;\n", "s = \"/*\";\nX;\nb;\n",
		      "s = \"/*\";\nX;\n#line 2\nb;\n");
	assert_pinned("c = '\"'; // (\nb;\n", "c = '\"'; // (\nX;\nb;\n",
		      "c = '\"'; // (\nX;\n#line 2\nb;\n");
	assert_pinned("#if 0\ndon't (\n#endif\nb;\n", "#if 0\ndon't (\n#endif\nX;\nb;\n",
		      "#if 0\ndon't (\n#endif\nX;\n#line 4\nb;\n");
	assert_pinned("#ifdef A\nif (f(\n#else\nif (g(\n#endif\n1)) {\n}\nb;\n",
		      "#ifdef A\nif (f(\n#else\nif (g(\n#endif\n1)) {\nX;\n}\nb;\n",
		      "#ifdef A\nif (f(\n#else\nif (g(\n#endif\n1)) {\nX;\n#line 7\n}\nb;\n");
	/* A macro with an odd parenthesis is forgotten at the end of the function. */
	assert_pinned("f(1 END\n}\nb;\nc;\n", "f(1 END\n}\nb;\nX;\nc;\n",
		      "f(1 END\n}\nb;\nX;\n#line 4\nc;\n");
	assert_pinned("#define B (\nb;\n", "#define B (\nX;\nb;\n",
		      "#define B (\nX;\n#line 2\nb;\n");
}

static void a_branch_that_is_not_compiled_pins_nothing(void **state)
{
	(void)state;
	assert_pinned("#if A\na;\n#else\nb;\n#endif\nc;\nd;\n",
		      "#if A\nX;\na;\n#else\nb;\n#endif\nc;\nd;\n",
		      "#if A\nX;\n#line 2\na;\n#else\n#line 4\nb;\n#endif\n#line 6\nc;\nd;\n");
	/* Nothing is said twice where no branch ends. */
	assert_pinned("#ifndef H\na;\n#if B\nb;\n#endif\nc;\n#endif\n",
		      "#ifndef H\nX;\na;\n#if B\nb;\n#endif\nc;\n#endif\n",
		      "#ifndef H\nX;\n#line 2\na;\n#if B\nb;\n#endif\nc;\n#endif\n");
}

static void carriage_returns_stay(void **state)
{
	(void)state;
	assert_pinned("a;\r\nb;\r\n", "a;\r\nX;\r\nb;\r\n", "a;\r\nX;\r\n#line 2\r\nb;\r\n");
	assert_pinned("#define A \\\r\n1\r\nb;\r\n", "#define A \\\r\nX \\\r\n1\r\nb;\r\n",
		      "#define A \\\r\nX \\\r\n1\r\n#line 3\r\nb;\r\n");
}

static void numbering_of_the_file_itself_is_kept(void **state)
{
	(void)state;
	assert_pinned("#line 100\na;\nb;\n", "#line 100\na;\nX;\nb;\n",
		      "#line 100\na;\nX;\n#line 101\nb;\n");
	assert_pinned("# 7\na;\nb;\n", "# 7\nX;\na;\nb;\n", "# 7\nX;\n#line 7\na;\nb;\n");
}

static void only_c_is_pinned(void **state)
{
	(void)state;
	assert_true(lp_pin_applies("ui/vnc.c"));
	assert_true(lp_pin_applies("include/a.h"));
	assert_true(lp_pin_applies("tcg/x.c.inc"));
	assert_true(lp_pin_applies("tcg/x.h.inc"));
	assert_false(lp_pin_applies("hmp-commands.hx"));
	assert_false(lp_pin_applies("a.S"));
	assert_false(lp_pin_applies(".c"));
	assert_false(lp_pin_applies("a.inc"));
}

/* ---- generated files, judged by the compiler ---- */

static u64 seed;

static u32 below(u32 n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % n;
}

/* Pieces of C of one or more lines. "@" is the piece's id; "%" a place where a line may be added
 * without the piece becoming wrong. u@ is a number that must not change. */
static const char *const pieces[] = {
	"int u@ = __LINE__;\n",
	"/* don't (\n%* \"\n*/ int u@ = __LINE__;\n",
	"#define M@(x) \\\n%\t((x) + \\\n\t1)\nint u@ = __LINE__;\n",
	"int u@ = f(__LINE__,\n%\n\t2);\n",
	"const char *s@ = \"/* \\\n%\";\nint u@ = __LINE__;\n",
	"#if 0\nit's ( /\n%#else\nint u@ = __LINE__;\n#endif\n",
	"const char *r@ = R\"x(\n%\" /* ( \\\n)x\";\nint u@ = __LINE__;\n",
	"char c@[] = { '\"', '\\'', '(' }; // ( \\\n%comment\nint u@ = __LINE__;\n",
	"int g@(int a)\n{\n%\treturn a * (\n\t\t1 + 2);\n}\nint u@ = __LINE__;\n",
};
static const char *const added[] = { "",    "* x\n", "\t0 + \\\n", "\n",  "x\\\n",
				     "y\n", "z (\n", "( \\\n",	   "\n\n" };

/* Appends piece KIND with ID, with a line added inside if GROWN. */
static void put(FILE *out, u32 kind, u32 id, bool grown)
{
	for (const char *c = pieces[kind]; *c; c++) {
		if (*c == '@')
			fprintf(out, "%u", id);
		else if (*c != '%')
			fputc(*c, out);
		else if (grown)
			fputs(added[kind], out);
	}
}

/* The numbers that gcc gives u0, u1...: 0 for those that are not there. */
static void numbers(const char *text, u32 *ret, u32 n)
{
	char *path = test_path("pin.c"), *out;
	const char *const argv[] = { "gcc", "-std=gnu11", "-E", "-P", path, NULL };
	const char *const check[] = { "gcc", "-std=gnu11", "-fsyntax-only", path, NULL };
	size_t len;

	assert_ok(lp_file_write(path, text, strlen(text)));
	assert_ok(lp_proc_run(&arena, &(struct lp_proc){ .argv = check }));
	assert_ok(lp_proc_output(&arena, &(struct lp_proc){ .argv = argv }, &out, &len));
	memset(ret, 0, n * sizeof(*ret));
	for (char *at = out; (at = strstr(at, "int u"));) {
		u32 id = (u32)strtoul(at + 5, &at, 10);

		assert_true(id < n);
		while (!isdigit((unsigned char)*at))
			at++;
		ret[id] = (u32)strtoul(at, &at, 10);
	}
}

enum { N_PIECES = 60, N_ROUNDS = 40 };

static void random_changes_move_no_other_line(void **state)
{
	(void)state;
	for (u64 round = 1; round <= N_ROUNDS; round++) {
		static const char head[] = "#define f(a, b) (a)\n";
		u32 old_numbers[2 * N_PIECES], new_numbers[2 * N_PIECES];
		bool is_touched[N_PIECES] = { 0 };
		char *old, *new_text;
		size_t len;
		FILE *a = open_memstream(&old, &len), *b = open_memstream(&new_text, &len);

		seed = round;
		fputs(head, a);
		fputs(head, b);
		for (u32 i = 0; i < N_PIECES; i++) {
			u32 kind = below(LP_ARRAY_SIZE(pieces)), fate = below(12);

			is_touched[i] = fate == 0 || fate == 1;
			put(a, kind, i, false);
			if (fate == 2)
				put(b, below(LP_ARRAY_SIZE(pieces)), N_PIECES + i, false);
			if (fate != 0)
				put(b, kind, i, fate == 1);
		}
		fclose(a);
		fclose(b);
		numbers(old, old_numbers, 2 * N_PIECES);
		numbers(pin(old, new_text), new_numbers, 2 * N_PIECES);
		for (u32 i = 0; i < N_PIECES; i++)
			if (!is_touched[i] && old_numbers[i] != new_numbers[i])
				fail_msg("round %u: u%u moved from line %u to %u", (u32)round, i,
					 old_numbers[i], new_numbers[i]);
		free(old);
		free(new_text);
	}
}

static void matching_is_increasing_and_exact(void **state)
{
	(void)state;
	static const char old_text[] = "a\nb\nc\na\nb\nb\na\n", new_text[] = "c\nb\na\nb\na\nc\n";
	struct lp_lines old = lp_lines_split(&arena, old_text, strlen(old_text));
	struct lp_lines lines = lp_lines_split(&arena, new_text, strlen(new_text));
	const u32 *match = lp_lines_match(&arena, &old, &lines);
	u32 n = 0, next = 0;

	for (u32 i = 0; i < lines.n; i++) {
		if (match[i] == LP_LINE_NONE)
			continue;
		assert_true(match[i] >= next && match[i] < old.n);
		assert_int_equal(old_text[old.start[match[i]]], new_text[lines.start[i]]);
		next = match[i] + 1;
		n++;
	}
	assert_int_equal(n, 4); /* the longest common subsequence of Myers' own example */
}

static void unique_lines_are_matched_before_braces(void **state)
{
	(void)state;
	/* f is untouched; g is gone, and a has its braces. */
	static const char old_text[] = "x\n{\ny\n}\nf\ng\n{\n1\n1\n}\nz\n";
	static const char new_text[] = "x\n{\ny\n}\na\n{\n1\n1\n}\nf\nz\n";
	struct lp_lines old = lp_lines_split(&arena, old_text, strlen(old_text));
	struct lp_lines lines = lp_lines_split(&arena, new_text, strlen(new_text));

	assert_int_equal(lp_lines_match(&arena, &old, &lines)[9], 4);
}

static void very_different_texts_are_left_unmatched_in_the_middle(void **state)
{
	(void)state;
	FILE *a, *b;
	char *old, *new_text;
	size_t old_len, new_len, len;
	u32 n;

	a = open_memstream(&old, &old_len);
	b = open_memstream(&new_text, &new_len);
	for (int i = 0; i < 5000; i++) {
		fprintf(a, "int a%d;\n", i);
		fprintf(b, "int b%d;\nint c%d;\n", i, i);
	}
	fputs("last;\n", a);
	fputs("last;\n", b);
	fclose(a);
	fclose(b);
	const char *out = lp_pin_lines(&arena, old, old_len, new_text, new_len, &len, &n);

	assert_int_equal(n, 1);
	assert_string_equal(out + len - strlen("#line 5001\nlast;\n"), "#line 5001\nlast;\n");
	free(old);
	free(new_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_behind_a_change_keep_their_number),
		TEST(a_directive_waits_until_it_may_come),
		TEST(arguments_keep_their_lines),
		TEST(what_only_looks_open_does_not_delay_it),
		TEST(a_branch_that_is_not_compiled_pins_nothing),
		TEST(carriage_returns_stay),
		TEST(numbering_of_the_file_itself_is_kept),
		TEST(only_c_is_pinned),
		TEST(random_changes_move_no_other_line),
		TEST(matching_is_increasing_and_exact),
		TEST(unique_lines_are_matched_before_braces),
		TEST(very_different_texts_are_left_unmatched_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
