/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "tests/unit/test.h"

static size_t n_entries(const char *path)
{
	size_t n = 0;
	DIR *dir = opendir(path);

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void assert_holds(const char *path, const char *want)
{
	size_t len;
	u8 *data;

	assert_ok(lp_file_read(&arena, path, 4096, &data, &len));
	assert_int_equal(len, strlen(want));
	assert_string_equal((const char *)data, want);
}

static void what_was_written_is_read(void **state)
{
	(void)state;
	const char *path = test_path("file");

	assert_ok(lp_file_write(path, "first", 5));
	assert_holds(path, "first");
	assert_ok(lp_file_write(path, "2nd", 3));
	assert_holds(path, "2nd");
	assert_ok(lp_file_write(path, "", 0));
	assert_holds(path, "");
}

static void mode_follows_the_umask(void **state)
{
	(void)state;
	const char *path = test_path("mode");
	mode_t saved = umask(027);
	struct stat st;

	assert_ok(lp_file_write(path, "x", 1));
	assert_int_equal(umask(saved), 027);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void a_link_is_replaced_and_not_followed(void **state)
{
	(void)state;
	const char *victim = test_path("victim"), *path = test_path("link");
	struct stat st;

	assert_ok(lp_file_write(victim, "mine", 4));
	assert_int_equal(symlink(victim, path), 0);
	assert_ok(lp_file_write(path, "other", 5));
	assert_holds(victim, "mine");
	assert_holds(path, "other");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void failed_write_leaves_nothing_behind(void **state)
{
	(void)state;
	const char *dir = test_path("folder"), *target = test_path("folder/target");

	assert_ok(lp_mkdir_p(target));
	assert_err(lp_file_write(target, "x", 1), LP_FAILED, "cannot write '");
	assert_int_equal(n_entries(dir), 1);
	assert_err(lp_file_write(test_path("absent/x"), "x", 1), LP_FAILED,
		   "No such file or directory");
}

static void reading_refuses_what_is_not_a_small_file(void **state)
{
	(void)state;
	const char *path = test_path("big"), *fifo = test_path("fifo");
	size_t len;
	u8 *data;

	assert_ok(lp_file_write(path, "12345", 5));
	assert_err(lp_file_read(&arena, path, 4, &data, &len), LP_FAILED, "larger than 4 bytes");
	assert_ok(lp_file_read(&arena, path, 5, &data, &len));
	assert_err(lp_file_read(&arena, test_path("."), 4096, &data, &len), LP_FAILED,
		   "not a regular file");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_err(lp_file_read(&arena, fifo, 4096, &data, &len), LP_FAILED, "not a regular file");
	assert_err(lp_file_read(&arena, test_path("no"), 4096, &data, &len), LP_FAILED,
		   "No such file");
	/* Says 0 bytes and has more. */
	assert_err(lp_file_read(&arena, "/proc/self/maps", 4096, &data, &len), LP_FAILED,
		   "its size changed");
}

static void folders_are_made_with_their_parents(void **state)
{
	(void)state;
	const char *path = test_path("a//b/c/");

	assert_ok(lp_mkdir_p(path));
	assert_ok(lp_mkdir_p(path));
	assert_true(lp_file_exists(path));
	assert_ok(lp_mkdir_p("/"));
	assert_ok(lp_file_write(test_path("a/file"), "", 0));
	assert_err(lp_mkdir_p(test_path("a/file")), LP_FAILED, "not a folder");
	assert_err(lp_mkdir_p(test_path("a/file/x")), LP_FAILED, "cannot create folder '");
	assert_false(lp_file_exists(test_path("a/none")));
}

static void names_and_hex(void **state)
{
	(void)state;
	assert_string_equal(lp_basename("/a/b.c"), "b.c");
	assert_string_equal(lp_basename("b.c"), "b.c");
	assert_string_equal(lp_hex(&arena, "\x00\x9f\xff", 3), "009fff");
	assert_string_equal(lp_hex(&arena, "", 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read),
		TEST(mode_follows_the_umask),
		TEST(a_link_is_replaced_and_not_followed),
		TEST(failed_write_leaves_nothing_behind),
		TEST(reading_refuses_what_is_not_a_small_file),
		TEST(folders_are_made_with_their_parents),
		TEST(names_and_hex),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
