/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/patched.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lpbuild/commands.h"
#include "lpbuild/deps.h"
#include "lpbuild/header.h"
#include "lpbuild/newobj.h"
#include "lpbuild/ninja.h"
#include "lpbuild/paths.h"
#include "lpbuild/reset.h"

static const char *in(struct lp_work *work, const char *folder, const char *path)
{
	return lp_printf(work->arena, "%s/%s", folder, path);
}

static struct lp_err *nothing(const struct lp_work *work, const char *why)
{
	return lp_err(LP_NOTHING, "nothing to do: %s '%s'", why, work->recipe->target);
}

/* What compile() has done. */
struct compiled {
	struct lp_strs built;	 /* objects that may differ from what they were, and others */
	struct lp_map is_object; /* of the target */
	bool is_exact;		 /* nothing but `built` has changed */
};

static const char cannot_compile[] = "cannot compile the patched source";

static bool same_list(const struct lp_strs *a, const struct lp_strs *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return a->n == b->n;
}

/* Code that the target has no longer is in the running program still, and so are its data: a
 * renamed file would bring a second set of them. */
static struct lp_err *check_gone(struct lp_work *work, const struct lp_strs *before,
				 const struct lp_strs *now)
{
	struct lp_map map = { 0 };

	for (size_t i = 0; i < now->n; i++)
		lp_map_set_str(work->arena, &map, now->items[i], 0);
	for (size_t i = 0; i < before->n; i++)
		if (lp_map_get_str(&map, before->items[i]) == LP_MAP_NONE)
			return lp_err_advice(
				lp_err(LP_REFUSED, "'%s' is no longer an object of the target",
				       before->items[i]),
				"its code and data stay in the running program: take the removal "
				"or renaming of its source out of the diff");
	return NULL;
}

/* Something that is not an object is made from a file of the diff: ninja decides. */
static struct lp_err *compile_all(struct lp_work *work, struct lp_deps *deps, struct compiled *ret)
{
	struct lp_strs now;
	bool is_unsure;

	LP_TRY(lp_ninja_build(work, NULL, &deps->all, cannot_compile));
	LP_TRY(lp_ninja_built(work, &ret->built, &is_unsure));
	/* A build that describes itself anew writes more than ninja's log says, and the target
	 * may have other objects now. */
	for (size_t i = 0; i < ret->built.n; i++)
		is_unsure |= !strcmp(ret->built.items[i], "build.ninja");
	LP_TRY(lp_deps_objects(work, &now));
	if (!same_list(&now, &deps->all)) {
		LP_TRY(check_gone(work, &deps->all, &now));
		is_unsure = true;
		deps->all = now;
		LP_TRY(lp_ninja_build(work, NULL, &now, cannot_compile));
	}
	ret->is_exact = !is_unsure;
	if (is_unsure)
		ret->built = deps->all;
	return NULL;
}

/*
 * Compiles what depends on PATHS. The objects of earlier diffs are named to ninja, too: one of
 * these diffs may have made them depend on such a file.
 */
static struct lp_err *compile(struct lp_work *work, struct lp_patched *patched,
			      const struct lp_strs *paths, struct compiled *ret)
{
	const char *file = NULL;
	struct lp_deps deps;

	*ret = (struct compiled){ .is_exact = true };
	LP_TRY(lp_deps_find(work, paths, &deps));
	for (size_t i = 0; i < deps.hit.n; i++) {
		if (lp_map_get_str(&patched->is_hit, deps.hit.items[i]) != LP_MAP_NONE)
			continue;
		lp_map_set_str(work->arena, &patched->is_hit, deps.hit.items[i], 0);
		lp_vec_push(work->arena, &patched->hit, deps.hit.items[i]);
	}
	/* What ninja has built of other things changes the dependencies that are known here. */
	patched->is_generated |= !deps.is_exact;
	if (!patched->is_generated && !patched->hit.n)
		return nothing(work, "the diff touches no source of");
	if (!patched->is_generated)
		LP_TRY(lp_commands_build_file(work, &patched->hit, !patched->layers, &file));
	if (file) {
		LP_TRY(lp_ninja_build(work, file, &patched->hit, cannot_compile));
		ret->built = patched->hit;
	} else {
		patched->is_generated = true;
		LP_TRY(compile_all(work, &deps, ret));
	}
	for (size_t i = 0; i < deps.all.n; i++)
		lp_map_set_str(work->arena, &ret->is_object, deps.all.items[i], 0);
	return NULL;
}

/* Notes what the next run has to put back. */
static struct lp_err *note_changes(struct lp_work *work, const struct lp_patched *patched,
				   const struct compiled *compiled)
{
	static const char *const logs[] = { ".ninja_log", ".ninja_deps" };
	const char *dir = work->recipe->directory;
	const struct lp_strs *const lists[] = { &patched->hit, &compiled->built };
	struct lp_strs changed = { 0 };

	for (size_t i = 0; i < patched->files.n; i++)
		lp_vec_push(work->arena, &changed, patched->files.items[i].path);
	for (size_t k = 0; k < LP_ARRAY_SIZE(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			const char *built = lists[k]->items[i];

			/* An output elsewhere is left to the full comparison. */
			if (built[0] == '/' || !strncmp(built, "../", 3))
				return NULL;
			lp_vec_push(work->arena, &changed, in(work, dir, built));
		}
	for (size_t i = 0; i < LP_ARRAY_SIZE(logs) && patched->is_generated; i++)
		lp_vec_push(work->arena, &changed, in(work, dir, logs[i]));
	return lp_reset_expect(work, &changed);
}

/* What OBJECT was before: as the diffs below have made it, or in 1-original. */
static const char *before(struct lp_work *work, const struct lp_patched *patched,
			  const char *object)
{
	u32 idx = lp_map_get_str(&patched->index, object);

	return idx == LP_MAP_NONE ? in(work, work->original_objects, object)
				  : patched->copies.items[idx];
}

/* Adds OBJECT, which may be new, to RET if it differs from what it was before. */
static struct lp_err *compare(struct lp_work *work, struct lp_patched *patched,
			      const struct lp_outdir *out, const char *object, struct lp_pairs *ret)
{
	const char *built = in(work, work->objects, object);
	struct lp_pair pair = { .object = object, .original = before(work, patched, object) };
	bool is_same;

	LP_TRY(lp_same_file(pair.original, built, &is_same));
	if (is_same)
		return NULL;
	LP_TRY(lp_outdir_file(work->arena, out->patched, in(work, work->recipe->directory, object),
			      &pair.patched));
	LP_TRY(lp_copy_file(built, pair.patched));
	lp_vec_push(work->arena, ret, pair);
	lp_map_set_str(work->arena, &patched->index, object, (u32)patched->copies.n);
	lp_vec_push(work->arena, &patched->copies, pair.patched);
	return NULL;
}

static int by_object(const void *a, const void *b)
{
	return strcmp(((const struct lp_pair *)a)->object, ((const struct lp_pair *)b)->object);
}

struct lp_err *lp_patched_add(struct lp_work *work, struct lp_patched *patched,
			      struct lp_patch_diffs *diffs, const struct lp_outdir *out,
			      struct lp_pairs *ret)
{
	struct lp_strs paths = { 0 };
	struct compiled compiled;

	*ret = (struct lp_pairs){ 0 };
	lp_progress_step(work->progress, "applying the diff");
	if (!patched->layers)
		LP_TRY(lp_reset(work));
	LP_TRY(lp_reset_expect_all(work));
	LP_TRY(lp_touched_apply(work, &patched->files, diffs, out, &paths));
	lp_progress_step(work->progress, "building patched objects");
	LP_TRY(lp_header_offer(work, &paths));
	LP_TRY(compile(work, patched, &paths, &compiled));
	for (size_t i = 0; i < compiled.built.n; i++)
		if (lp_map_get_str(&compiled.is_object, compiled.built.items[i]) != LP_MAP_NONE)
			LP_TRY(compare(work, patched, out, compiled.built.items[i], ret));
	LP_TRY(lp_new_objects(work, &paths, out, ret));
	if (compiled.is_exact)
		LP_TRY(note_changes(work, patched, &compiled));
	if (!ret->n)
		return nothing(work, "the diff changes no code of");
	patched->layers++;
	qsort(ret->items, ret->n, sizeof(*ret->items), by_object);
	return NULL;
}
