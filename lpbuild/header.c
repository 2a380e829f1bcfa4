/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/header.h"

#include <string.h>

#include "lib/file.h"
#include "lpbuild/paths.h"

#define NAME	   "livepatch.h"
#define MAX_SOURCE ((size_t)64 << 20)

/* In the source tree it is in runtime/, installed in PREFIX/include. */
static struct lp_err *find_header(struct lp_work *work, const char **ret)
{
	const char *program;

	LP_TRY(lp_program_dir(work->arena, &program));
	*ret = lp_printf(work->arena, "%s/../include/" NAME, program);
	if (lp_file_exists(*ret))
		return NULL;
	for (const char *dir = program; dir[0] == '/' && dir[1];
	     dir = lp_path_dir(work->arena, dir)) {
		*ret = lp_printf(work->arena, "%s/runtime/" NAME, dir);
		if (lp_file_exists(*ret))
			return NULL;
	}
	return lp_err_advice(lp_err(LP_FAILED, "cannot find '" NAME "'"),
			     "install it with 'make install'");
}

static struct lp_err *is_included(struct lp_work *work, const struct lp_strs *paths, bool *ret)
{
	*ret = false;
	for (size_t i = 0; i < paths->n && !*ret; i++) {
		const char *path = lp_printf(work->arena, "%s/%s", work->src, paths->items[i]);
		u8 *text;
		size_t len;

		if (!lp_file_exists(path))
			continue;
		LP_TRY(lp_file_read(work->arena, path, MAX_SOURCE, &text, &len));
		*ret = strstr((const char *)text, NAME) != NULL;
	}
	return NULL;
}

struct lp_err *lp_header_offer(struct lp_work *work, const struct lp_strs *paths)
{
	/* A folder that holds nothing else: the one that it lies in has an error.h, which is
	 * also one of the C library's. */
	const char *folder = lp_work_path(work, "include");
	const char *header, **env;
	size_t n = 0;
	bool is_wanted;

	LP_TRY(is_included(work, paths, &is_wanted));
	if (!is_wanted)
		return NULL;
	LP_TRY(find_header(work, &header));
	LP_TRY(lp_copy_file(header, lp_printf(work->arena, "%s/" NAME, folder)));
	while (work->env[n])
		n++;
	env = lp_new_array(work->arena, n + 2, const char *);
	memcpy(env, work->env, n * sizeof(*env));
	/* gcc and clang look there behind all folders that options name. */
	env[n] = lp_printf(work->arena, "C_INCLUDE_PATH=%s", folder);
	work->env = env;
	return NULL;
}
