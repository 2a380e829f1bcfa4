/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/newobj.h"

#include <string.h>

#include "lib/file.h"
#include "lpbuild/ninja.h"
#include "lpbuild/paths.h"

/* What the other side of a new object is made from. A function gives it debug information. */
#define EMPTY "void lpbuild_nothing(void);\nvoid lpbuild_nothing(void)\n{\n}\n"

static bool is_c(const char *path)
{
	size_t len = strlen(path);

	return len > 2 && !strcmp(path + len - 2, ".c");
}

/* The sources among PATHS that the original does not have. */
static struct lp_strs new_sources(struct lp_work *work, const struct lp_strs *paths)
{
	struct lp_strs ret = { 0 };

	for (size_t i = 0; i < paths->n; i++) {
		const char *original =
			lp_printf(work->arena, "%s/%s", work->original, paths->items[i]);
		const char *path = lp_printf(work->arena, "%s/%s", work->src, paths->items[i]);

		if (is_c(path) && lp_file_exists(path) && !lp_file_exists(original))
			lp_vec_push(work->arena, &ret, paths->items[i]);
	}
	return ret;
}

/* Takes what ninja has made of the emptied source for the original of PAIR. */
static struct lp_err *take_empty(struct lp_work *work, const struct lp_outdir *out,
				 struct lp_pair *pair)
{
	const char *built = lp_printf(work->arena, "%s/%s", work->objects, pair->object);
	bool is_same;

	LP_TRY(lp_same_file(built, pair->patched, &is_same));
	if (is_same)
		return lp_err_advice(
			lp_err(LP_REFUSED, "'%s' is a new object of a source that was there",
			       pair->object),
			"put the new code into a source file that is compiled already, or into a "
			"new one");
	LP_TRY(lp_outdir_file(
		work->arena, out->patched,
		lp_printf(work->arena, "%s/%s.empty", work->recipe->directory, pair->object),
		&pair->original));
	return lp_copy_file(built, pair->original);
}

struct lp_err *lp_new_objects(struct lp_work *work, const struct lp_strs *paths,
			      const struct lp_outdir *out, struct lp_pairs *pairs)
{
	struct lp_strs objects = { 0 }, sources;

	for (size_t i = 0; i < pairs->n; i++)
		if (!lp_file_exists(pairs->items[i].original))
			lp_vec_push(work->arena, &objects, pairs->items[i].object);
	if (!objects.n)
		return NULL;
	sources = new_sources(work, paths);
	for (size_t i = 0; i < sources.n; i++)
		LP_TRY(lp_file_write(lp_printf(work->arena, "%s/%s", work->src, sources.items[i]),
				     EMPTY, strlen(EMPTY)));
	LP_TRY(lp_ninja_build(work, NULL, &objects, "cannot compile an empty file"));
	for (size_t i = 0; i < pairs->n; i++)
		if (!lp_file_exists(pairs->items[i].original))
			LP_TRY(take_empty(work, out, &pairs->items[i]));
	for (size_t i = 0; i < sources.n; i++)
		LP_TRY(lp_copy_file(lp_printf(work->arena, "%s/%s", out->patched, sources.items[i]),
				    lp_printf(work->arena, "%s/%s", work->src, sources.items[i])));
	return NULL;
}
