/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/verify.h"

#include <string.h>

#include "lib/file.h"
#include "lib/proc.h"
#include "lpbuild/deps.h"
#include "lpbuild/original.h"
#include "lpbuild/paths.h"
#include "lpbuild/tool.h"

#define MAX_LINE ((size_t)1 << 16)

static struct lp_err *first_line(struct lp_work *work, const char *path, const char **ret)
{
	size_t len;
	u8 *text;

	LP_TRY(lp_file_read(work->arena, path, MAX_LINE, &text, &len));
	*ret = lp_strndup(work->arena, (const char *)text, strcspn((const char *)text, "\n"));
	return NULL;
}

struct lp_err *lp_verify(struct lp_work *work, const struct lp_target *target, const char **ret)
{
	const char *log = lp_printf(work->arena, "%s/log/verify.log", work->root);
	struct lp_strs objects;
	const char **argv;
	size_t n = 0;
	int status;

	LP_TRY(lp_deps_objects(work, &objects));
	argv = lp_new_array(work->arena, objects.n + LP_TARGET_ARGS + 3, const char *);
	LP_TRY(lp_tool_path(work->arena, "extract-patch", &argv[n++]));
	argv[n++] = "--verify-all";
	for (size_t i = 0; i < objects.n; i++)
		argv[n++] = objects.items[i];
	(void)lp_target_args(target, argv, n);
	const struct lp_proc proc = { .argv = argv, .cwd = work->original_objects, .log = log };

	LP_TRY(lp_remove_file(log));
	LP_TRY(lp_proc_status(work->arena, &proc, &status));
	if (status)
		return lp_err_context(lp_tool_error(work->arena, "extract-patch", log, status),
				      "while comparing '%s' with its objects", target->path);
	return first_line(work, log, ret);
}

struct lp_err *lp_verify_original(struct lp_work *work, const char **ret)
{
	const struct lp_target own = { .path = lp_original_target(work) };

	if (lp_file_exists(work->verified))
		return first_line(work, work->verified, ret);
	lp_progress_items(work->progress, 0, 0, "comparing all functions");
	LP_TRY(lp_verify(work, &own, ret));
	return lp_file_write(work->verified, *ret, strlen(*ret));
}
