/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What unit tests share: cmocka with its includes, an arena that is emptied after each test,
 * asserts on errors, and a folder for files that goes away at exit.
 */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/err.h"

static struct lp_arena arena;

static inline int arena_teardown(void **state)
{
	(void)state;
	lp_arena_deinit(&arena);
	return 0;
}

#define TEST(f) cmocka_unit_test_teardown(f, arena_teardown)

/* EXPR gives no error. */
#define assert_ok(expr)                                                                            \
	do {                                                                                       \
		struct lp_err *err_ = (expr);                                                      \
		if (err_)                                                                          \
			print_error("unexpected error: %s\n", lp_err_message(err_));               \
		assert_int_equal(lp_err_code(err_), LP_OK);                                        \
	} while (0)

/* EXPR gives an error of code CODE whose message contains TEXT. */
#define assert_err(expr, code, text)                                                               \
	do {                                                                                       \
		struct lp_err *err_ = (expr);                                                      \
		if (!strstr(lp_err_message(err_), (text)))                                         \
			fail_msg("'%s' is not in '%s'", (text), lp_err_message(err_));             \
		assert_int_equal(lp_err_code(err_), (code));                                       \
		lp_err_destroy(err_);                                                              \
	} while (0)

static char test_dir[256];

static inline int test_dir_unlink(const char *path, const struct stat *st, int flag,
				  struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static inline void test_dir_remove(void)
{
	nftw(test_dir, test_dir_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* A path in a folder of this process's own. */
static inline char *test_path(const char *name)
{
	const char *tmp = getenv("TMPDIR");

	if (!test_dir[0]) {
		snprintf(test_dir, sizeof(test_dir), "%s/unit.XXXXXX", tmp ? tmp : "/tmp");
		assert_non_null(mkdtemp(test_dir));
		atexit(test_dir_remove);
	}
	return lp_printf(&arena, "%s/%s", test_dir, name);
}

/* What F(ARG) writes to FD (1 or 2), NUL-terminated. */
static inline char *test_capture(int fd, void (*f)(void *arg), void *arg)
{
	char *path = test_path("capture");
	FILE *file = fopen(path, "w+e");
	int saved = dup(fd);

	assert_non_null(file);
	fflush(stdout);
	fflush(stderr);
	dup2(fileno(file), fd);
	f(arg);
	fflush(stdout);
	fflush(stderr);
	dup2(saved, fd);
	close(saved);
	fseek(file, 0, SEEK_END);
	long size = ftell(file);

	rewind(file);
	char *text = lp_alloc(&arena, (size_t)size + 1);

	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	fclose(file);
	return text;
}

#endif
