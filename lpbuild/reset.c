/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/reset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/proc.h"
#include "lpbuild/paths.h"

#define ALL	  "all"
#define MAX_DIRTY ((size_t)64 << 20)

static const char *dirty_path(const struct lp_work *work)
{
	return lp_work_path(work, "src.dirty");
}

bool lp_reset_is_clean(const struct lp_work *work)
{
	return !lp_file_exists(dirty_path(work));
}

/* rsync compares size and time; the time to the nanosecond, because a tree is rebuilt
 * within the second. The sockets are those of programs that run from 1-original. */
static struct lp_err *sync_tree(struct lp_work *work, const char *from, const char *to)
{
	const char *const argv[] = { "rsync",
				     "-a",
				     "--modify-window=-1",
				     "--delete",
				     "--exclude=sandbox-sock*",
				     "--",
				     lp_printf(work->arena, "%s/", from),
				     lp_printf(work->arena, "%s/", to),
				     NULL };

	return lp_work_run(work, argv, work->root, "sync.log");
}

/* Makes one file what it is in 1-original, with its time: ninja goes by that. */
static struct lp_err *restore_file(struct lp_work *work, const char *path)
{
	const char *from = lp_printf(work->arena, "%s/%s", work->original, path);
	const char *to = lp_printf(work->arena, "%s/%s", work->src, path);
	struct stat st;

	if (lstat(from, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? lp_remove_file(to)
							   : lp_err_errno("cannot find '%s'", from);
	if (!S_ISREG(st.st_mode))
		return lp_err(LP_FAILED, "'%s' is not a regular file", from);
	LP_TRY(lp_copy_file(from, to));
	const struct timespec times[] = { st.st_atim, st.st_mtim };

	if (chmod(to, st.st_mode & 07777) < 0 || utimensat(AT_FDCWD, to, times, 0) < 0)
		return lp_err_errno("cannot restore '%s'", to);
	return NULL;
}

/* LIST holds "./PATH" lines. A few files are restored before rsync has started. */
static struct lp_err *restore_files(struct lp_work *work, char *list)
{
	for (char *line = list, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		LP_TRY(restore_file(work, line + strlen("./")));
	}
	return NULL;
}

struct lp_err *lp_reset(struct lp_work *work)
{
	const char *path = dirty_path(work);
	u8 *text;
	size_t len;

	if (lp_reset_is_clean(work))
		return NULL;
	LP_TRY(lp_file_read(work->arena, path, MAX_DIRTY, &text, &len));
	struct lp_err *err = NULL;
	bool is_known = strcmp((const char *)text, ALL "\n") != 0;

	if (is_known)
		err = restore_files(work, (char *)text);
	/* Whatever was in its way there, the full comparison finds it. */
	if (!is_known || err) {
		lp_err_destroy(err);
		LP_TRY(sync_tree(work, work->original, work->src));
	}
	return lp_remove_file(path);
}

struct lp_err *lp_reset_expect_all(struct lp_work *work)
{
	return lp_file_write(dirty_path(work), ALL "\n", strlen(ALL "\n"));
}

struct lp_err *lp_reset_expect(struct lp_work *work, const struct lp_strs *paths)
{
	size_t size = 0, n = 0;

	for (size_t i = 0; i < paths->n; i++)
		size += strlen(paths->items[i]) + strlen("./\n");
	char *text = lp_alloc(work->arena, size + 1);

	/* The "./" keeps a file called "all" apart from the word. */
	for (size_t i = 0; i < paths->n; i++)
		n += (size_t)sprintf(text + n, "./%s\n", paths->items[i]);
	return lp_file_write(dirty_path(work), text, n);
}

struct lp_err *lp_keep_original(struct lp_work *work)
{
	return sync_tree(work, work->src, work->original);
}
