/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/reset.h"

#include <stdio.h>
#include <string.h>

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

static struct lp_err *sync_files(struct lp_work *work, const char *list)
{
	const char *const argv[] = { "rsync",
				     "-a",
				     "--modify-window=-1",
				     "--delete-missing-args",
				     lp_printf(work->arena, "--files-from=%s", list),
				     "--",
				     lp_printf(work->arena, "%s/", work->original),
				     lp_printf(work->arena, "%s/", work->src),
				     NULL };

	return lp_work_run(work, argv, work->root, "sync.log");
}

struct lp_err *lp_reset(struct lp_work *work)
{
	const char *path = dirty_path(work);
	u8 *text;
	size_t len;

	if (lp_reset_is_clean(work))
		return NULL;
	LP_TRY(lp_file_read(work->arena, path, MAX_DIRTY, &text, &len));
	if (!strcmp((const char *)text, ALL "\n"))
		LP_TRY(sync_tree(work, work->original, work->src));
	else
		LP_TRY(sync_files(work, path));
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
