/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/trusting.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lpbuild/ninja.h"
#include "lpbuild/paths.h"
#include "lpbuild/reset.h"
#include "lpbuild/trust.h"

static const char *folder(const struct lp_work *work)
{
	return lp_printf(work->arena, "%s/%s", work->trusting, work->recipe->directory);
}

const char *lp_trusting_target(const struct lp_work *work)
{
	return lp_printf(work->arena, "%s/%s", folder(work), work->recipe->target);
}

/* Links to what lies beside the original: QEMU looks for its firmware in qemu-bundle beside
 * itself. */
static struct lp_err *link_neighbours(struct lp_work *work)
{
	const char *to = folder(work);
	DIR *dir = opendir(work->original_objects);
	struct dirent *entry;
	struct lp_err *err = NULL;

	if (!dir)
		return lp_err_errno("cannot read '%s'", work->original_objects);
	while (!err && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		const char *path = lp_printf(work->arena, "%s/%s", to, name);

		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    !strcmp(name, work->recipe->target) || !strncmp(name, "sandbox-sock", 12))
			continue;
		const char *from = lp_printf(work->arena, "%s/%s", work->original_objects, name);

		if (symlink(from, path) < 0 && errno != EEXIST)
			err = lp_err_errno("cannot make the link '%s'", path);
	}
	closedir(dir);
	return err;
}

/*
 * ninja links in src with ARCHIVE where it expects the runtime; then all is put back. A run that
 * is ended in between leaves src.dirty and the wrong archive, which the next one notices.
 */
static struct lp_err *link_target(struct lp_work *work, const char *archive)
{
	const struct lp_recipe *recipe = work->recipe;
	const char *built = lp_printf(work->arena, "%s/%s", work->objects, recipe->target);
	const char *target = lp_trusting_target(work);
	struct lp_strs targets = { 0 };

	lp_vec_push(work->arena, &targets, recipe->target);
	LP_TRY(lp_reset(work));
	LP_TRY(lp_reset_expect_all(work));
	LP_TRY(lp_copy_file(archive, work->linked_runtime));
	/* ninja does not know that the executable depends on the runtime. */
	LP_TRY(lp_remove_file(built));
	LP_TRY(lp_ninja_build(work, NULL, &targets, "cannot link with the trusted keys"));
	LP_TRY(lp_mkdir_p(lp_path_dir(work->arena, target)));
	if (rename(built, target) < 0)
		return lp_err_errno("cannot write '%s'", target);
	LP_TRY(lp_copy_file(work->runtime, work->linked_runtime));
	return lp_reset(work);
}

struct lp_err *lp_trusting_make(struct lp_work *work)
{
	const char *name = work->recipe->runtime;
	const char *next = lp_printf(work->arena, "%s/runtime/next/%s", work->trusting, name);
	const char *linked = lp_printf(work->arena, "%s/runtime/%s", work->trusting, name);
	bool is_same;

	LP_TRY(lp_trust_archive(work->arena, work->runtime, next, work->keys));
	LP_TRY(lp_same_file(next, linked, &is_same));
	if (is_same && lp_file_exists(lp_trusting_target(work)))
		return NULL;
	lp_progress_items(work->progress, 0, 0, "linking with the trusted keys");
	LP_TRY(lp_remove_file(work->verified));
	LP_TRY(lp_remove_file(linked));
	LP_TRY(link_target(work, next));
	LP_TRY(link_neighbours(work));
	return lp_copy_file(next, linked); /* the stamp: this is what was linked in */
}
