/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

#define MAX_NAME      100
#define MAX_FILE_SIZE ((size_t)1 << 30)
#define WALK_FDS      16

bool lp_is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._+-";
	size_t len = strlen(name);

	return len && len <= MAX_NAME && strspn(name, letters) == len && !strchr("._+-", name[0]);
}

struct lp_err *lp_path_absolute(struct lp_arena *arena, const char *path, const char **ret)
{
	char *real = realpath(path, NULL);

	if (!real)
		return lp_err_errno("cannot find '%s'", path);
	*ret = lp_strdup(arena, real);
	free(real);
	return NULL;
}

const char *lp_path_dir(struct lp_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : lp_strndup(arena, path, (size_t)(slash - path));
}

struct lp_err *lp_program_dir(struct lp_arena *arena, const char **ret)
{
	const char *program;

	LP_TRY(lp_path_absolute(arena, "/proc/self/exe", &program));
	*ret = lp_path_dir(arena, program);
	return NULL;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

struct lp_err *lp_remove_tree(const char *path)
{
	if (nftw(path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return lp_err_errno("cannot remove '%s'", path);
	return NULL;
}

struct lp_err *lp_remove_file(const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return lp_err_errno("cannot remove '%s'", path);
	return NULL;
}

/* A change to a header can concern a thousand objects: none of them is kept in memory. */
static struct lp_err *copy_file(struct lp_arena *scratch, const char *from, const char *to)
{
	u8 *data;
	size_t len;

	LP_TRY(lp_mkdir_p(lp_path_dir(scratch, to)));
	LP_TRY(lp_file_read(scratch, from, MAX_FILE_SIZE, &data, &len));
	return lp_file_write(to, data, len);
}

struct lp_err *lp_copy_file(const char *from, const char *to)
{
	struct lp_arena scratch = { 0 };
	struct lp_err *err = copy_file(&scratch, from, to);

	lp_arena_deinit(&scratch);
	return err;
}

static struct lp_err *same_bytes(struct lp_arena *scratch, const char *a, const char *b, bool *ret)
{
	u8 *data_a, *data_b;
	size_t len_a, len_b;

	LP_TRY(lp_file_read(scratch, a, MAX_FILE_SIZE, &data_a, &len_a));
	LP_TRY(lp_file_read(scratch, b, MAX_FILE_SIZE, &data_b, &len_b));
	*ret = len_a == len_b && !memcmp(data_a, data_b, len_a);
	return NULL;
}

struct lp_err *lp_same_file(const char *a, const char *b, bool *ret)
{
	struct lp_arena scratch = { 0 };
	struct stat st_a, st_b;

	*ret = false;
	if (stat(a, &st_a) < 0 || stat(b, &st_b) < 0 || st_a.st_size != st_b.st_size)
		return NULL;
	struct lp_err *err = same_bytes(&scratch, a, b, ret);

	lp_arena_deinit(&scratch);
	return err;
}
