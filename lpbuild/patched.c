/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/patched.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/map.h"
#include "lpbuild/commands.h"
#include "lpbuild/deps.h"
#include "lpbuild/header.h"
#include "lpbuild/newobj.h"
#include "lpbuild/ninja.h"
#include "lpbuild/paths.h"
#include "lpbuild/pin.h"
#include "lpbuild/reset.h"

#define MAX_SOURCE ((size_t)64 << 20)

static const char *in(struct lp_work *work, const char *folder, const char *path)
{
	return lp_printf(work->arena, "%s/%s", folder, path);
}

/* A file that the diffs touch; both paths are relative to the source. */
struct touched {
	const char *path;
	const char *original; /* what it was before it was renamed; else PATH */
};

struct touched_files {
	struct touched *items;
	size_t n, cap;
	struct lp_map index; /* by path */
};

/* Restores the numbering of the original in what has become of it. */
static struct lp_err *pin_file(struct lp_work *work, const struct touched *file)
{
	const char *original = in(work, work->original, file->original);
	const char *patched = in(work, work->src, file->path);
	size_t old_len, new_len, len;
	u8 *old, *text;
	u32 n;

	if (!lp_pin_applies(file->path) || !lp_file_exists(original) || !lp_file_exists(patched))
		return NULL;
	LP_TRY(lp_file_read(work->arena, original, MAX_SOURCE, &old, &old_len));
	LP_TRY(lp_file_read(work->arena, patched, MAX_SOURCE, &text, &new_len));
	const char *pinned = lp_pin_lines(work->arena, (const char *)old, old_len,
					  (const char *)text, new_len, &len, &n);

	return n ? lp_file_write(patched, pinned, len) : NULL;
}

static struct touched *touch(struct lp_work *work, struct touched_files *files, const char *path)
{
	u32 idx = lp_map_get_str(&files->index, path);

	if (idx == LP_MAP_NONE) {
		struct touched file = { .path = path, .original = path };

		idx = (u32)files->n;
		lp_vec_push(work->arena, files, file);
		lp_map_set_str(work->arena, &files->index, path, idx);
	}
	return &files->items[idx];
}

static void touch_file(struct lp_work *work, struct touched_files *files,
		       const struct lp_udiff_file *file, u32 strip)
{
	const char *old_path = file->old_path ? lp_udiff_strip(file->old_path, strip) : NULL;
	const char *original = old_path ? touch(work, files, old_path)->original : NULL;

	if (!file->new_path)
		return;
	struct touched *now = touch(work, files, lp_udiff_strip(file->new_path, strip));

	/* Renamed again by the next diff, it is still what it was at first. */
	if (file->kind == LP_UDIFF_RENAME)
		now->original = original;
}

/* Applies all diffs; RET gets the path of each file that they touch, once. */
static struct lp_err *apply_all(struct lp_work *work, struct lp_patch_diffs *diffs,
				const struct lp_outdir *out, struct lp_strs *ret)
{
	struct touched_files files = { 0 };

	for (size_t i = 0; i < diffs->n; i++) {
		struct lp_patch_diff *diff = &diffs->items[i];

		lp_progress_items(work->progress, (u32)i, (u32)diffs->n, lp_basename(diff->path));
		LP_TRY(lp_diff_apply(work, diff));
		for (size_t j = 0; j < diff->parsed.files.n; j++)
			touch_file(work, &files, &diff->parsed.files.items[j], diff->strip);
	}
	/* Pinned against the original only when all are in: the second diff may add to a change
	 * of the first. */
	for (size_t i = 0; i < files.n; i++) {
		const char *path = files.items[i].path, *patched = in(work, work->src, path), *copy;

		lp_vec_push(work->arena, ret, path);
		LP_TRY(pin_file(work, &files.items[i]));
		if (!lp_file_exists(patched))
			continue;
		LP_TRY(lp_outdir_file(work->arena, out->patched, path, &copy));
		LP_TRY(lp_copy_file(patched, copy));
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

	ret->has_logs = true;
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

/* Adds OBJECT, which may be new, to RET if it differs from the original. */
static struct lp_err *compare(struct lp_work *work, const struct lp_outdir *out, const char *object,
			      struct lp_pairs *ret)
{
	const char *built = in(work, work->objects, object);
	struct lp_pair pair = {
		.object = object,
		.original = in(work, work->original_objects, object),
	};
	bool is_same;

	LP_TRY(lp_same_file(pair.original, built, &is_same));
	if (is_same)
		return NULL;
	LP_TRY(lp_outdir_file(work->arena, out->patched, in(work, work->recipe->directory, object),
			      &pair.patched));
	LP_TRY(lp_copy_file(built, pair.patched));
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
	LP_TRY(lp_header_offer(work, &paths));
	LP_TRY(compile(work, &paths, &compiled));
	for (size_t i = 0; i < compiled.built.n; i++)
		if (lp_map_get_str(&compiled.is_object, compiled.built.items[i]) != LP_MAP_NONE)
			LP_TRY(compare(work, out, compiled.built.items[i], ret));
	LP_TRY(lp_new_objects(work, &paths, out, ret));
	if (compiled.is_exact)
		LP_TRY(note_changes(work, &paths, &compiled));
	if (!ret->n)
		return nothing(work, "the diff changes no code of");
	qsort(ret->items, ret->n, sizeof(*ret->items), by_object);
	return NULL;
}
