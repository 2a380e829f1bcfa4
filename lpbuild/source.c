/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/source.h"

#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "lib/proc.h"
#include "lpbuild/paths.h"

#define MAX_DSC ((size_t)1 << 20)

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_excluded(const struct lp_recipe *recipe, const char *path)
{
	for (size_t i = 0; i < recipe->source.exclude.n; i++)
		if (!strcmp(recipe->source.exclude.items[i], path))
			return true;
	return false;
}

/* What make and ninja too go by: the time of a folder says nothing, its entries do. */
static void hash_entry(struct lp_sha256 *sha, const char *path, const FTSENT *entry)
{
	const struct stat *st = entry->fts_statp;
	u64 numbers[4] = { st->st_mode, 0, 0, 0 };

	if (entry->fts_info != FTS_D) {
		numbers[1] = (u64)st->st_size;
		numbers[2] = (u64)st->st_mtim.tv_sec;
		numbers[3] = (u64)st->st_mtim.tv_nsec;
	}
	lp_sha256_update(sha, path, strlen(path) + 1);
	lp_sha256_update(sha, numbers, sizeof(numbers));
}

static struct lp_err *identify_folder(struct lp_work *work, const char *dir, const char **ret)
{
	char *const roots[] = { lp_strdup(work->arena, dir), NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	size_t skip = strlen(dir) + 1;
	u8 hash[LP_SHA256_LEN];
	struct lp_sha256 sha;

	if (!fts)
		return lp_err_errno("cannot read the source '%s'", dir);
	lp_sha256_init(&sha);
	for (FTSENT *entry; (entry = fts_read(fts));) {
		if (entry->fts_info == FTS_DP || entry->fts_level == FTS_ROOTLEVEL)
			continue;
		if (is_excluded(work->recipe, entry->fts_path + skip))
			fts_set(fts, entry, FTS_SKIP);
		else
			hash_entry(&sha, entry->fts_path + skip, entry);
	}
	fts_close(fts);
	lp_sha256_final(&sha, hash);
	*ret = lp_printf(work->arena, "folder %s", lp_hex(work->arena, hash, sizeof(hash)));
	return NULL;
}

/* The script writes its own "error:" and "advice:" lines, which the error takes over. */
static struct lp_err *run_fetcher(struct lp_work *work, const char *const *args, char **ret)
{
	const char *argv[16], *dir;
	size_t n = 0, len;

	LP_TRY(lp_recipe_dir(work->arena, &dir));
	argv[n++] = "sh";
	argv[n++] = lp_printf(work->arena, "%s/fetch-debian-source.sh", dir);
	while (*args && n < LP_ARRAY_SIZE(argv) - 1)
		argv[n++] = *args++;
	argv[n] = NULL;
	return lp_proc_output(work->arena, &(struct lp_proc){ .argv = argv }, ret, &len);
}

static struct lp_err *identify_package(struct lp_work *work, const char **ret)
{
	const struct lp_recipe_source *source = &work->recipe->source;
	const char *folder = lp_printf(work->arena, "%s/download", work->build);
	u8 *text, hash[LP_SHA256_LEN];
	char *out;
	size_t len;

	const char *const args[] = { "fetch", folder, source->package, source->version, NULL };
	struct lp_err *err = run_fetcher(work, args, &out);

	if (err)
		return lp_err_context(err, "while getting the source of recipe '%s'",
				      work->recipe->name);
	out[strcspn(out, "\n")] = '\0';
	work->dsc = out;
	/* The .dsc holds the sums of all parts. */
	LP_TRY(lp_file_read(work->arena, out, MAX_DSC, &text, &len));
	lp_sha256(text, len, hash);
	*ret = lp_printf(work->arena, "package %s", lp_hex(work->arena, hash, sizeof(hash)));
	return NULL;
}

struct lp_err *lp_source_identify(struct lp_work *work, const char **ret)
{
	const char *dir = work->recipe->source.dir;

	if (!work->source && dir)
		work->source =
			*dir == '/' ? dir
				    : lp_printf(work->arena, "%s/%s",
						lp_path_dir(work->arena, work->recipe->path), dir);
	if (!work->source)
		return identify_package(work, ret);
	LP_TRY(lp_path_absolute(work->arena, work->source, &work->source));
	return identify_folder(work, work->source, ret);
}

static struct lp_err *place_folder(struct lp_work *work)
{
	const struct lp_strs *exclude = &work->recipe->source.exclude;
	const char **argv = lp_new_array(work->arena, exclude->n + 8, const char *);
	size_t n = 0;

	argv[n++] = "rsync";
	argv[n++] = "-a";
	for (size_t i = 0; i < exclude->n; i++)
		argv[n++] = lp_printf(work->arena, "--exclude=/%s", exclude->items[i]);
	argv[n++] = "--";
	argv[n++] = lp_printf(work->arena, "%s/", work->source);
	argv[n++] = lp_printf(work->arena, "%s/", work->src);
	return lp_work_run(work, argv, work->root, "source.log");
}

struct lp_err *lp_source_place(struct lp_work *work)
{
	const struct lp_strs *patches = &work->recipe->source.patches;
	const char **args;
	size_t n = 0;
	char *out;

	if (!work->dsc)
		return place_folder(work);
	args = lp_new_array(work->arena, patches->n + 5, const char *);
	args[n++] = "unpack";
	args[n++] = work->dsc;
	args[n++] = work->src;
	args[n++] = work->recipe->source.base;
	for (size_t i = 0; i < patches->n; i++)
		args[n++] = patches->items[i];
	return lp_err_context(run_fetcher(work, args, &out),
			      "while unpacking the source of recipe '%s'", work->recipe->name);
}
