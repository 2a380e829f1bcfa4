/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/touched.h"

#include "lib/file.h"
#include "lpbuild/paths.h"
#include "lpbuild/pin.h"

#define MAX_SOURCE ((size_t)64 << 20)

/* Restores the numbering of the original in what has become of it. */
static struct lp_err *pin(struct lp_work *work, struct lp_touched_file *file)
{
	const char *original = lp_printf(work->arena, "%s/%s", work->original, file->original);
	const char *patched = lp_printf(work->arena, "%s/%s", work->src, file->path);
	size_t old_len, new_len, len;
	u8 *old, *text;
	u32 n;

	file->is_new = false;
	if (!lp_pin_applies(file->path) || !lp_file_exists(original) || !lp_file_exists(patched))
		return NULL;
	LP_TRY(lp_file_read(work->arena, original, MAX_SOURCE, &old, &old_len));
	LP_TRY(lp_file_read(work->arena, patched, MAX_SOURCE, &text, &new_len));
	const char *pinned = lp_pin_lines(work->arena, (const char *)old, old_len,
					  (const char *)text, new_len, &len, &n);

	if (!n)
		return NULL;
	file->plain = text;
	file->plain_len = new_len;
	return lp_file_write(patched, pinned, len);
}

/* A diff was made against the text without pins. */
static struct lp_err *unpin(struct lp_work *work, struct lp_touched_file *file)
{
	const char *path = lp_printf(work->arena, "%s/%s", work->src, file->path);
	const u8 *plain = file->plain;

	file->is_new = true;
	file->plain = NULL;
	return plain ? lp_file_write(path, plain, file->plain_len) : NULL;
}

static struct lp_touched_file *touch(struct lp_work *work, struct lp_touched *files,
				     const char *path)
{
	u32 idx = lp_map_get_str(&files->index, path);

	if (idx == LP_MAP_NONE) {
		struct lp_touched_file file = { .path = path, .original = path };

		idx = (u32)files->n;
		lp_vec_push(work->arena, files, file);
		lp_map_set_str(work->arena, &files->index, path, idx);
	}
	return &files->items[idx];
}

/* FILE of a diff is about to be changed. */
static struct lp_err *touch_file(struct lp_work *work, struct lp_touched *files,
				 const struct lp_udiff_file *file, u32 strip)
{
	const char *original = NULL;

	if (file->old_path) {
		struct lp_touched_file *old =
			touch(work, files, lp_udiff_strip(file->old_path, strip));

		original = old->original;
		LP_TRY(unpin(work, old));
	}
	if (!file->new_path)
		return NULL;
	struct lp_touched_file *now = touch(work, files, lp_udiff_strip(file->new_path, strip));

	/* Renamed again by the next diff, it is still what it was at first. */
	if (file->kind == LP_UDIFF_RENAME)
		now->original = original;
	return unpin(work, now);
}

static struct lp_err *apply(struct lp_work *work, struct lp_touched *files,
			    struct lp_patch_diff *diff)
{
	LP_TRY(lp_udiff_level(work->arena, &diff->parsed, work->src, &diff->strip));
	for (size_t i = 0; i < diff->parsed.files.n; i++)
		LP_TRY(touch_file(work, files, &diff->parsed.files.items[i], diff->strip));
	return lp_diff_apply(work, diff);
}

struct lp_err *lp_touched_apply(struct lp_work *work, struct lp_touched *files,
				struct lp_patch_diffs *diffs, const struct lp_outdir *out,
				struct lp_strs *ret)
{
	for (size_t i = 0; i < diffs->n; i++) {
		lp_progress_items(work->progress, (u32)i, (u32)diffs->n,
				  lp_basename(diffs->items[i].path));
		LP_TRY(apply(work, files, &diffs->items[i]));
	}
	/* Pinned against the original only when all are in: the second diff may add to a change
	 * of the first. */
	for (size_t i = 0; i < files->n; i++) {
		struct lp_touched_file *file = &files->items[i];
		const char *patched = lp_printf(work->arena, "%s/%s", work->src, file->path);
		const char *copy;

		if (!file->is_new)
			continue;
		lp_vec_push(work->arena, ret, file->path);
		LP_TRY(pin(work, file));
		if (!lp_file_exists(patched))
			continue;
		LP_TRY(lp_outdir_file(work->arena, out->patched, file->path, &copy));
		LP_TRY(lp_copy_file(patched, copy));
	}
	return NULL;
}
