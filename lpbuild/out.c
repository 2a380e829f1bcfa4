/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/out.h"

#include "lib/file.h"
#include "lpbuild/paths.h"

struct lp_err *lp_outdir_open(struct lp_arena *arena, const char *root, const char *name,
			      struct lp_outdir *ret)
{
	LP_TRY(lp_mkdir_p(root));
	LP_TRY(lp_path_absolute(arena, root, &root));
	*ret = (struct lp_outdir){
		.name = name,
		.root = root,
		.patched = lp_printf(arena, "%s/2-patched", root),
		.diff = lp_printf(arena, "%s/3-diff", root),
		.link = lp_printf(arena, "%s/4-link", root),
		.extract = lp_printf(arena, "%s/5-extract", root),
		.payload = lp_printf(arena, "%s/%s.raxlpxs", root, name),
		.manifest = lp_printf(arena, "%s/%s.yaml", root, name),
		.review = lp_printf(arena, "%s/%s.html", root, name),
	};
	/* The results first: an interrupted run must not leave those of another diff. */
	LP_TRY(lp_remove_file(ret->payload));
	LP_TRY(lp_remove_file(ret->manifest));
	LP_TRY(lp_remove_file(ret->review));
	const char *const folders[] = { ret->patched, ret->diff, ret->link, ret->extract };

	for (size_t i = 0; i < LP_ARRAY_SIZE(folders); i++) {
		LP_TRY(lp_remove_tree(folders[i]));
		LP_TRY(lp_mkdir_p(folders[i]));
	}
	return NULL;
}

struct lp_err *lp_outdir_file(struct lp_arena *arena, const char *folder, const char *name,
			      const char **ret)
{
	*ret = lp_printf(arena, "%s/%s", folder, name);
	return lp_mkdir_p(lp_path_dir(arena, *ret));
}
