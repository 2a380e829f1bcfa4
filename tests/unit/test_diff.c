/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/udiff.h"
#include "tests/unit/test.h"

#define HEAD "--- a/x.c\n+++ b/x.c\n"

static struct lp_err *parse(const char *text, struct lp_udiff *ret)
{
	return lp_udiff_parse(&arena, "t.patch", text, strlen(text), ret);
}

static void a_git_diff_with_a_mail_around_it_is_read(void **state)
{
	(void)state;
	struct lp_udiff diff;

	assert_ok(parse("From: somebody\nSubject: [PATCH] fix\n\n---\n ui/vnc.c | 2 +-\n\n"
			"diff --git a/ui/vnc.c b/ui/vnc.c\nindex 1..2 100644\n"
			"--- a/ui/vnc.c\n+++ b/ui/vnc.c\n"
			"@@ -10,3 +10,4 @@ static int f(void)\n a\n-b\n+c\n+d\n e\n"
			"@@ -50 +51 @@\n-x\n+y\n"
			"-- \n2.39.5\n",
			&diff));
	assert_int_equal(diff.files.n, 1);
	const struct lp_udiff_file *file = &diff.files.items[0];

	assert_int_equal(file->kind, LP_UDIFF_MODIFY);
	assert_string_equal(file->old_path, "a/ui/vnc.c");
	assert_int_equal(file->hunks.n, 2);
	assert_int_equal(file->hunks.items[0].old_start, 10);
	assert_int_equal(file->hunks.items[0].old_n, 3);
	assert_int_equal(file->hunks.items[0].new_n, 4);
	assert_int_equal(file->hunks.items[0].line, 11);
	assert_int_equal(file->hunks.items[1].old_n, 1);
	assert_int_equal(file->hunks.items[1].new_start, 51);
}

static void a_plain_diff_with_time_stamps_is_read(void **state)
{
	(void)state;
	struct lp_udiff diff;

	assert_ok(parse("diff -ru old/x.c new/x.c\n--- old/x.c\t2024-01-01 10:00:00\n"
			"+++ new/x.c\t2024-01-02 10:00:00\n@@ -1 +1 @@\n-a\n+b\n"
			"\\ No newline at end of file\n"
			"--- old/y.c\t2024-01-01\n+++ new/y.c\t2024-01-01\n@@ -3,0 +4 @@\n+b\n",
			&diff));
	assert_int_equal(diff.files.n, 2);
	assert_string_equal(diff.files.items[0].old_path, "old/x.c");
	assert_string_equal(diff.files.items[1].new_path, "new/y.c");
}

static void new_deleted_and_renamed_files_are_told_apart(void **state)
{
	(void)state;
	struct lp_udiff diff;

	assert_ok(
		parse("diff --git a/n.c b/n.c\nnew file mode 100644\n--- /dev/null\n+++ b/n.c\n"
		      "@@ -0,0 +1 @@\n+a\n"
		      "diff --git a/d.c b/d.c\ndeleted file mode 100644\n--- a/d.c\n+++ /dev/null\n"
		      "@@ -1 +0,0 @@\n-a\n"
		      "diff --git a/r.c b/s.c\nsimilarity index 100%\nrename from r.c\n"
		      "rename to s.c\n"
		      "diff --git a/m.c b/m.c\nold mode 100644\nnew mode 100755\n",
		      &diff));
	assert_int_equal(diff.files.n, 3);
	assert_int_equal(diff.files.items[0].kind, LP_UDIFF_ADD);
	assert_null(diff.files.items[0].old_path);
	assert_int_equal(diff.files.items[1].kind, LP_UDIFF_DELETE);
	assert_null(diff.files.items[1].new_path);
	assert_int_equal(diff.files.items[2].kind, LP_UDIFF_RENAME);
	assert_string_equal(diff.files.items[2].old_path, "a/r.c");
	assert_string_equal(diff.files.items[2].new_path, "b/s.c");
}

static void bad_hunks_are_errors_that_name_the_line(void **state)
{
	(void)state;
	struct lp_udiff diff;
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ HEAD "@@ -1,2 +1,2 @@\n a\n", "line 4: the diff ends inside a hunk" },
		{ HEAD "@@ -1,2 +1,2 @@\n a\nb\n c\n", "line 5: the hunk is shorter" },
		{ HEAD "@@ -1 +1 @@\n-a\n+b\n+c\n", "line 5: the hunk is longer" },
		{ HEAD "@@ -1 +1 @@\n-a\n-b\n", "line 5: the hunk is longer" },
		{ HEAD "@@ -1 +1,1 \n-a\n+b\n", "line 3: bad hunk header" },
		{ HEAD "@@ -99999999999 +1 @@\n-a\n+b\n", "line 3: bad hunk header" },
		{ HEAD "@@ -1 +1 @@\n a\n", "changes nothing" },
		{ HEAD "text\n", "no hunk follows" },
		{ "@@ -1 +1 @@\n-a\n+b\n", "a hunk without file names" },
		{ "Binary files a/x and b/x differ\n", "binary" },
		{ "diff --git a/x b/x\nGIT binary patch\nliteral 3\n", "binary" },
		{ "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n", "both" },
		{ "hello\n", "not a unified diff" },
		{ "", "not a unified diff" },
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(bad); i++)
		assert_err(parse(bad[i].text, &diff), LP_FAILED, bad[i].error);
}

static void paths_that_leave_the_tree_are_refused(void **state)
{
	(void)state;
	struct lp_udiff diff;
	static const char *const paths[] = { "/etc/passwd", "../x",	"a/../../x",
					     "a/..",	    "a/\033[m", "" };

	for (size_t i = 0; i < LP_ARRAY_SIZE(paths); i++)
		assert_err(
			parse(lp_printf(&arena, "--- %s\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", paths[i]),
			      &diff),
			LP_FAILED, "out of the source tree");
	assert_err(parse("--- \"a/\\303\"\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", &diff), LP_FAILED,
		   "quoted");
}

static u32 level(const char *text)
{
	struct lp_udiff diff;
	u32 strip = 99;

	assert_ok(parse(text, &diff));
	assert_ok(lp_udiff_level(&arena, &diff, test_path(""), &strip));
	return strip;
}

static void the_strip_level_is_found(void **state)
{
	(void)state;
	struct lp_udiff diff;
	u32 strip;

	assert_ok(lp_mkdir_p(test_path("sub")));
	assert_ok(lp_file_write(test_path("sub/x.c"), "", 0));
	assert_int_equal(level("--- a/sub/x.c\n+++ b/sub/x.c\n@@ -1 +1 @@\n-a\n+b\n"), 1);
	assert_int_equal(level("--- sub/x.c\n+++ sub/x.c\n@@ -1 +1 @@\n-a\n+b\n"), 0);
	assert_int_equal(level("--- q/v1/sub/x.c\n+++ q/v2/sub/x.c\n@@ -1 +1 @@\n-a\n+b\n"), 2);
	assert_ok(parse("--- a/none.c\n+++ b/none.c\n@@ -1 +1 @@\n-a\n+b\n", &diff));
	assert_err(lp_udiff_level(&arena, &diff, test_path(""), &strip), LP_FAILED,
		   "there is no file 'a/none.c'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_git_diff_with_a_mail_around_it_is_read),
		TEST(a_plain_diff_with_time_stamps_is_read),
		TEST(new_deleted_and_renamed_files_are_told_apart),
		TEST(bad_hunks_are_errors_that_name_the_line),
		TEST(paths_that_leave_the_tree_are_refused),
		TEST(the_strip_level_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
