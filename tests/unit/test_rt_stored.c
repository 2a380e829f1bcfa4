/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of stored patches: what is a name of a file, in which order, what is not believed. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/stored.h"
#include "tests/unit/test.h"

#define ID "0123456789abcdef"

static char base[] = "/tmp/lp-stored.XXXXXX";
static int root, store; /* "/", and STATE/ID */
static struct sb_stored list;
static struct sb_error err;
static char path[512];

/* BASE, with what WHAT says behind it. */
static const char *in(const char *what)
{
	snprintf(path, sizeof(path), "%s/%s", base, what);
	return path;
}

static void write_file(const char *name, size_t size)
{
	int fd = openat(store, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static int make(void **state)
{
	(void)state;
	root = open("/", O_PATH | O_DIRECTORY);
	if (root < 0 || !mkdtemp(base) || chmod(base, 0755) || mkdir(in("state"), 0755) ||
	    mkdir(in("state/" ID), 0755))
		return -1;
	store = open(path, O_RDONLY | O_DIRECTORY);
	return store < 0 ? -1 : 0;
}

static void empty_store(void)
{
	DIR *dir = opendir(in("state/" ID));
	const struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			(void)unlinkat(store, e->d_name, 0);
	closedir(dir);
}

static int unmake(void **state)
{
	(void)state;
	empty_store();
	close(store);
	close(root);
	return rmdir(in("state/" ID)) || rmdir(in("state")) || rmdir(base);
}

static int begin(void **state)
{
	(void)state;
	empty_store();
	memset(&list, 0, sizeof(list));
	return chmod(in("state"), 0755) || chmod(in("state/" ID), 0755);
}

static void names_have_a_number(void **state)
{
	char name[LIVEPATCH_MAX_NAME], longest[LIVEPATCH_MAX_NAME], file[300];

	(void)state;
	assert_int_equal(sb_stored_number("0001-fix.raxlpxs", name), 1);
	assert_string_equal(name, "fix");
	assert_int_equal(sb_stored_number("9999-a.raxlpxs.raxlpxs", name), 9999);
	assert_string_equal(name, "a.raxlpxs");
	assert_int_equal(sb_stored_number("0001-.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("0000-fix.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("001-fix.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("00001-fix.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("+001-fix.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("0001_fix.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("0001-fix.raxlpx", name), 0);
	assert_int_equal(sb_stored_number("0001-fix", name), 0);
	assert_int_equal(sb_stored_number("0001", name), 0);
	assert_int_equal(sb_stored_number("", name), 0);
	assert_int_equal(sb_stored_number("0001-a b.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("0001-\033[2J.raxlpxs", name), 0);
	assert_int_equal(sb_stored_number("0001-\xff.raxlpxs", name), 0);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	snprintf(file, sizeof(file), "0001-%s.raxlpxs", longest);
	assert_int_equal(sb_stored_number(file, name), 1);
	assert_string_equal(name, longest);
	snprintf(file, sizeof(file), "0001-%sx.raxlpxs", longest);
	assert_int_equal(sb_stored_number(file, name), 0);
}

static void the_lowest_come_first(void **state)
{
	char name[64];

	(void)state;
	for (unsigned i = SB_STORED_MAX + 10; i; i--) {
		snprintf(name, sizeof(name), "%04u-p.raxlpxs", i * 7 % 1009 + 1);
		write_file(name, 1);
	}
	write_file(".new", 1);
	write_file("other", 1);
	assert_true(sb_stored_list(store, &list, &err));
	assert_int_equal(list.n, SB_STORED_MAX);
	assert_int_equal(list.n_more, 10);
	assert_int_equal(list.n_other, 1);
	assert_string_equal(list.other, "other");
	for (uint32_t i = 1; i < list.n; i++)
		assert_true(strcmp(list.files[i - 1], list.files[i]) < 0);
	/* Is each one that is not in the list behind it? */
	for (unsigned i = SB_STORED_MAX + 10, n = 0; i; i--) {
		snprintf(name, sizeof(name), "%04u-p.raxlpxs", i * 7 % 1009 + 1);
		n += strcmp(name, list.files[list.n - 1]) > 0;
		if (i == 1)
			assert_int_equal(n, 10);
	}
}

static void an_empty_one_is_empty(void **state)
{
	(void)state;
	assert_true(sb_stored_list(store, &list, &err));
	assert_int_equal(list.n + list.n_more + list.n_other, 0);
}

static bool opens(const char *where, const char *id, uint32_t owner)
{
	int fd;
	bool ok = sb_stored_open(root, where, id, owner, &fd, &err);

	assert_int_equal(ok, fd >= 0);
	if (ok)
		close(fd);
	return ok;
}

/* As the user that we are: /tmp and / are of root. */
static void folders_are_checked(void **state)
{
	char where[256];

	(void)state;
	if (geteuid())
		return;
	snprintf(where, sizeof(where), "%s/state", base);
	assert_true(opens(where, ID, 0));
	assert_false(opens(where, "ffff", 0));
	assert_int_equal(err.status, SB_NOTHING);
	assert_false(opens("state", ID, 0));
	assert_int_equal(err.status, SB_USAGE);
	assert_false(opens(where, ID, 1));
	assert_int_equal(err.status, SB_TRUST);
	snprintf(where, sizeof(where), "%s/../%s/state", base, base + 5);
	assert_false(opens(where, ID, 0));
	assert_int_equal(err.status, SB_USAGE);
	snprintf(where, sizeof(where), "/%s//state", base);
	assert_true(opens(where, ID, 0));
	assert_int_equal(chmod(in("state"), 01777), 0);
	assert_false(opens(where, ID, 0));
	assert_int_equal(err.status, SB_TRUST);
	assert_int_equal(chmod(in("state"), 0755), 0);
	assert_int_equal(chmod(in("state/" ID), 0775), 0);
	assert_false(opens(where, ID, 0));
	assert_int_equal(err.status, SB_TRUST);
}

static bool opens_file(const char *name, uint32_t owner, size_t *size)
{
	int fd;
	bool ok = sb_stored_open_file(store, name, owner, &fd, size, &err);

	assert_int_equal(ok, fd >= 0);
	if (ok)
		close(fd);
	return ok;
}

static void files_are_checked(void **state)
{
	uint32_t me = geteuid();
	size_t size = 0;

	(void)state;
	write_file("a", 77);
	assert_true(opens_file("a", me, &size));
	assert_int_equal(size, 77);
	assert_false(opens_file("a", me + 1, &size));
	assert_int_equal(err.status, SB_TRUST);
	assert_int_equal(symlinkat("a", store, "b"), 0);
	assert_false(opens_file("b", me, &size));
	assert_int_equal(fchmodat(store, "a", 0646, 0), 0);
	assert_false(opens_file("a", me, &size));
	assert_int_equal(err.status, SB_TRUST);
	assert_int_equal(mkfifoat(store, "c", 0644), 0);
	assert_false(opens_file("c", me, &size));
	assert_false(opens_file(".", me, &size));
	assert_false(opens_file("missing", me, &size));
	write_file("d", 0);
	assert_false(opens_file("d", me, &size));
	write_file("e", LIVEPATCH_MAX_SIZE);
	assert_true(opens_file("e", me, &size));
	write_file("e", LIVEPATCH_MAX_SIZE + 1);
	assert_false(opens_file("e", me, &size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_a_number),
		cmocka_unit_test_setup(the_lowest_come_first, begin),
		cmocka_unit_test_setup(an_empty_one_is_empty, begin),
		cmocka_unit_test_setup(folders_are_checked, begin),
		cmocka_unit_test_setup(files_are_checked, begin),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
