/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/original.h"

#include <limits.h>
#include <string.h>

#include "lib/file.h"
#include "lpbuild/deps.h"
#include "lpbuild/ninja.h"
#include "lpbuild/packages.h"
#include "lpbuild/paths.h"
#include "lpbuild/reset.h"
#include "lpbuild/source.h"
#include "lpbuild/trusting.h"

#define N_STEPS 2 /* of the progress line, done or not */

const char *lp_original_target(const struct lp_work *work)
{
	if (work->trusting)
		return lp_trusting_target(work);
	return lp_printf(work->arena, "%s/%s", work->original_objects, work->recipe->target);
}

/* Takes the runtime in: the linker sees it under a path that stays the same. */
static struct lp_err *take_runtime(struct lp_work *work)
{
	bool is_same;

	LP_TRY(lp_same_file(work->runtime, work->linked_runtime, &is_same));
	return is_same ? NULL : lp_copy_file(work->runtime, work->linked_runtime);
}

static struct lp_err *configure(struct lp_work *work)
{
	const char *const *argv;

	LP_TRY(lp_mkdir_p(work->objects));
	LP_TRY(lp_recipe_expand_all(work->arena, &work->recipe->configure, work->vars, &argv));
	if (!argv[0])
		return NULL;
	struct lp_err *err = lp_work_run(work, argv, work->objects, "configure.log");

	return lp_packages_advise(
		work, lp_err_context(err, "while configuring '%s'", work->recipe->name));
}

/* Build files hold absolute paths: a build folder that was copied or moved would compile what lies
 * at its old place. */
static struct lp_err *is_configured_here(struct lp_work *work, bool *ret)
{
	const char *stamp = lp_work_path(work, "configured");
	size_t len;
	u8 *root;

	*ret = false;
	if (!lp_file_exists(stamp))
		return NULL;
	LP_TRY(lp_file_read(work->arena, stamp, PATH_MAX, &root, &len));
	*ret = strcmp((const char *)root, work->root) == 0;
	return NULL;
}

/* Unpacks and configures. A tree that was left half done is not continued. */
static struct lp_err *prepare(struct lp_work *work)
{
	LP_TRY(lp_packages_check(work));
	LP_TRY(lp_remove_file(lp_work_path(work, "configured")));
	LP_TRY(lp_remove_file(lp_work_path(work, "verified")));
	LP_TRY(lp_remove_tree(work->src));
	LP_TRY(lp_remove_tree(work->original));
	LP_TRY(lp_remove_tree(lp_work_path(work, "keys")));
	LP_TRY(lp_remove_file(lp_work_path(work, "src.dirty")));
	LP_TRY(lp_source_place(work));
	LP_TRY(take_runtime(work));
	LP_TRY(configure(work));
	return lp_file_write(lp_work_path(work, "configured"), work->root, strlen(work->root));
}

static struct lp_err *finish(struct lp_work *work)
{
	const struct lp_recipe_step *steps = work->recipe->finish.items;

	for (size_t i = 0; i < work->recipe->finish.n; i++) {
		const struct lp_recipe_step *step = &steps[i];
		const char *dir =
			step->dir ? lp_printf(work->arena, "%s/%s", work->objects, step->dir)
				  : work->objects;
		const char *const *argv;

		if (step->needs &&
		    !lp_file_exists(lp_printf(work->arena, "%s/%s", work->src, step->needs)))
			continue;
		lp_progress_items(work->progress, 0, 0, step->name);
		LP_TRY(lp_mkdir_p(dir));
		LP_TRY(lp_recipe_expand_all(work->arena, &step->argv, work->vars, &argv));
		LP_TRY(lp_err_context(lp_work_run(work, argv, dir, "finish.log"),
				      "while making the %s", step->name));
	}
	return NULL;
}

static struct lp_err *build(struct lp_work *work)
{
	struct lp_strs targets = { 0 };
	char *out;
	size_t len;

	lp_vec_push(work->arena, &targets, work->recipe->target);
	for (size_t i = 0; i < work->recipe->tools.n; i++)
		lp_vec_push(work->arena, &targets, work->recipe->tools.items[i]);
	/* ninja does not know that the executables depend on the runtime. */
	for (size_t i = 0; i < targets.n; i++)
		LP_TRY(lp_remove_file(
			lp_printf(work->arena, "%s/%s", work->objects, targets.items[i])));
	LP_TRY(lp_packages_advise(
		work, lp_ninja_build(work, NULL, &targets, "cannot build the original")));
	LP_TRY(finish(work));
	/* So that ninja only appends to its log from here (lp_ninja_built). */
	LP_TRY(lp_ninja_tool(work, "recompact", NULL, 0, &out, &len));
	return lp_deps_make(work);
}

/* True when 1-original is there and has the runtime of today. */
static struct lp_err *is_current(struct lp_work *work, bool *ret)
{
	*ret = false;
	if (!lp_file_exists(work->complete))
		return NULL;
	LP_TRY(lp_same_file(work->runtime, work->linked_runtime, ret));
	if (*ret)
		return NULL;
	/* Only the link is to be done again; but src may still hold a patch. */
	LP_TRY(lp_reset(work));
	LP_TRY(lp_remove_file(lp_work_path(work, "verified")));
	return lp_remove_file(work->complete);
}

/* 1-original, whoever is trusted. */
static struct lp_err *make_plain(struct lp_work *work)
{
	bool is_done, is_here;

	LP_TRY(is_configured_here(work, &is_here));
	LP_TRY(is_current(work, &is_done));
	if (is_done && is_here) {
		work->progress->step += N_STEPS;
		return NULL;
	}
	lp_progress_step(work->progress, "preparing the source");
	/* Somebody may have removed the stamp, or 1-original, by hand: a tree that holds a patch
	 * is no original. */
	if (!is_here || !lp_reset_is_clean(work))
		LP_TRY(prepare(work));
	else
		LP_TRY(take_runtime(work));
	lp_progress_step(work->progress, "building the original");
	LP_TRY(build(work));
	lp_progress_items(work->progress, 0, 0, "keeping a copy");
	LP_TRY(lp_keep_original(work));
	return lp_file_write(work->complete, "", 0);
}

struct lp_err *lp_original_make(struct lp_work *work)
{
	LP_TRY(make_plain(work));
	return work->trusting ? lp_trusting_make(work) : NULL;
}
