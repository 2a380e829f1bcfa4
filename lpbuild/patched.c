/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/patched.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/map.h"
#include "lpbuild/commands.h"
#include "lpbuild/deps.h"
#include "lpbuild/ninja.h"
#include "lpbuild/paths.h"
#include "lpbuild/pin.h"
#include "lpbuild/reset.h"

#define MAX_SOURCE ((size_t)64 << 20)

static const char *in(struct lp_work *work, const char *folder, const char *path)
{
	return lp_printf(work->arena, "%s/%s", folder, path);
}

/* Restores the numbering of OLD_PATH in what has become of it. */
static struct lp_err *pin_file(struct lp_work *work, const char *old_path, const char *new_path)
{
	const char *original = in(work, work->original, old_path);
	const char *patched = in(work, work->src, new_path);
	size_t old_len, new_len, len;
	u8 *old, *text;
	u32 n;

	if (!lp_pin_applies(new_path) || !lp_file_exists(original) || !lp_file_exists(patched))
		return NULL;
	LP_TRY(lp_file_read(work->arena, original, MAX_SOURCE, &old, &old_len));
	LP_TRY(lp_file_read(work->arena, patched, MAX_SOURCE, &text, &new_len));
	const char *pinned = lp_pin_lines(work->arena, (const char *)old, old_len,
					  (const char *)text, new_len, &len, &n);

	return n ? lp_file_write(patched, pinned, len) : NULL;
}

static void add_path(struct lp_work *work, struct lp_map *seen, struct lp_strs *list,
		     const char *path)
{
	if (lp_map_set_str(work->arena, seen, path, 0) == LP_MAP_NONE)
		lp_vec_push(work->arena, list, path);
}

/* Applies all diffs; RET gets each file that they touch, once. */
static struct lp_err *apply_all(struct lp_work *work, struct lp_patch_diffs *diffs,
				const struct lp_outdir *out, struct lp_strs *ret)
{
	struct lp_map seen = { 0 };

	for (size_t i = 0; i < diffs->n; i++) {
		struct lp_patch_diff *diff = &diffs->items[i];

		lp_progress_items(work->progress, (u32)i, (u32)diffs->n, lp_basename(diff->path));
		LP_TRY(lp_diff_apply(work, diff));
		for (size_t j = 0; j < diff->parsed.files.n; j++) {
			const struct lp_udiff_file *file = &diff->parsed.files.items[j];

			if (file->old_path)
				add_path(work, &seen, ret,
					 lp_udiff_strip(file->old_path, diff->strip));
			if (file->new_path)
				add_path(work, &seen, ret,
					 lp_udiff_strip(file->new_path, diff->strip));
		}
	}
	/* Pinned against the original only when all are in: the second diff may add to a change
	 * of the first. A file that was renamed has a new __FILE__ anyway. */
	for (size_t i = 0; i < ret->n; i++) {
		const char *patched = in(work, work->src, ret->items[i]), *copy;

		LP_TRY(pin_file(work, ret->items[i], ret->items[i]));
		if (!lp_file_exists(patched))
			continue;
		LP_TRY(lp_outdir_file(work->arena, out->patched, ret->items[i], &copy));
		LP_TRY(lp_copy_file(work->arena, patched, copy));
	}
	return NULL;
}

static struct lp_err *nothing(const struct lp_work *work, const char *why)
{
	return lp_err(LP_NOTHING, "nothing to do: %s '%s'", why, work->recipe->target);
}

/* What compile() has done. */
struct compiled {
	struct lp_strs built;	 /* by ninja; objects and others */
	struct lp_map is_object; /* of the target */
	bool is_exact;		 /* nothing but `built` has changed */
	bool has_logs;		 /* ninja's logs in the tree have changed, too */
};

static const char cannot_compile[] = "cannot compile the patched source";

static bool same_list(const struct lp_strs *a, const struct lp_strs *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return a->n == b->n;
}

/* Something that is not an object is made from a file of the diff: ninja decides. */
static struct lp_err *compile_all(struct lp_work *work, struct lp_deps *deps, struct compiled *ret)
{
	struct lp_strs now;
	bool is_unsure;

	ret->has_logs = true;
	LP_TRY(lp_ninja_build(work, NULL, &deps->all, cannot_compile));
	LP_TRY(lp_ninja_built(work, &ret->built, &is_unsure));
	/* A build that describes itself anew writes more than ninja's log says, and the target
	 * may have other objects now. */
	for (size_t i = 0; i < ret->built.n; i++)
		is_unsure |= !strcmp(ret->built.items[i], "build.ninja");
	LP_TRY(lp_deps_objects(work, &now));
	if (!same_list(&now, &deps->all)) {
		is_unsure = true;
		deps->all = now;
		LP_TRY(lp_ninja_build(work, NULL, &now, cannot_compile));
	}
	ret->is_exact = !is_unsure;
	if (is_unsure)
		ret->built = deps->all;
	return NULL;
}

/* Compiles what depends on PATHS. */
static struct lp_err *compile(struct lp_work *work, const struct lp_strs *paths,
			      struct compiled *ret)
{
	const char *file = NULL;
	struct lp_deps deps;

	*ret = (struct compiled){ .is_exact = true };
	LP_TRY(lp_deps_find(work, paths, &deps));
	if (deps.is_exact && !deps.hit.n)
		return nothing(work, "the diff touches no source of");
	if (deps.is_exact)
		LP_TRY(lp_commands_build_file(work, &deps.hit, &file));
	if (file) {
		LP_TRY(lp_ninja_build(work, file, &deps.hit, cannot_compile));
		ret->built = deps.hit;
	} else {
		LP_TRY(compile_all(work, &deps, ret));
	}
	for (size_t i = 0; i < deps.all.n; i++)
		lp_map_set_str(work->arena, &ret->is_object, deps.all.items[i], 0);
	return NULL;
}

/* Notes what the next run has to put back. */
static struct lp_err *note_changes(struct lp_work *work, const struct lp_strs *paths,
				   const struct compiled *compiled)
{
	static const char *const logs[] = { ".ninja_log", ".ninja_deps" };
	const char *dir = work->recipe->directory;
	const struct lp_strs *built = &compiled->built;
	struct lp_strs changed = { 0 };

	for (size_t i = 0; i < paths->n; i++)
		lp_vec_push(work->arena, &changed, paths->items[i]);
	for (size_t i = 0; i < built->n; i++) {
		/* An output elsewhere is left to the full comparison. */
		if (built->items[i][0] == '/' || !strncmp(built->items[i], "../", 3))
			return NULL;
		lp_vec_push(work->arena, &changed, in(work, dir, built->items[i]));
	}
	for (size_t i = 0; i < LP_ARRAY_SIZE(logs) && compiled->has_logs; i++)
		lp_vec_push(work->arena, &changed, in(work, dir, logs[i]));
	return lp_reset_expect(work, &changed);
}

/* Adds OBJECT to RET if it differs from the original. */
static struct lp_err *compare(struct lp_work *work, const struct lp_outdir *out, const char *object,
			      struct lp_pairs *ret)
{
	const char *built = in(work, work->objects, object);
	struct lp_pair pair = {
		.object = object,
		.original = in(work, work->original_objects, object),
	};
	bool is_same;

	if (!lp_file_exists(pair.original))
		return lp_err_advice(
			lp_err(LP_REFUSED, "'%s' is a new object of the target", object),
			"put the new code into a source file that is there already");
	LP_TRY(lp_same_file(work->arena, pair.original, built, &is_same));
	if (is_same)
		return NULL;
	LP_TRY(lp_outdir_file(work->arena, out->patched, in(work, work->recipe->directory, object),
			      &pair.patched));
	LP_TRY(lp_copy_file(work->arena, built, pair.patched));
	lp_vec_push(work->arena, ret, pair);
	return NULL;
}

static int by_object(const void *a, const void *b)
{
	return strcmp(((const struct lp_pair *)a)->object, ((const struct lp_pair *)b)->object);
}

struct lp_err *lp_patched_build(struct lp_work *work, struct lp_patch_diffs *diffs,
				const struct lp_outdir *out, struct lp_pairs *ret)
{
	struct lp_strs paths = { 0 };
	struct compiled compiled;

	*ret = (struct lp_pairs){ 0 };
	lp_progress_step(work->progress, "applying the diff");
	LP_TRY(lp_reset(work));
	LP_TRY(lp_reset_expect_all(work));
	LP_TRY(apply_all(work, diffs, out, &paths));
	lp_progress_step(work->progress, "building patched objects");
	LP_TRY(compile(work, &paths, &compiled));
	for (size_t i = 0; i < compiled.built.n; i++)
		if (lp_map_get_str(&compiled.is_object, compiled.built.items[i]) != LP_MAP_NONE)
			LP_TRY(compare(work, out, compiled.built.items[i], ret));
	if (compiled.is_exact)
		LP_TRY(note_changes(work, &paths, &compiled));
	if (!ret->n)
		return nothing(work, "the diff changes no code of");
	qsort(ret->items, ret->n, sizeof(*ret->items), by_object);
	return NULL;
}
