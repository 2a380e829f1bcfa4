/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/apply.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/proc.h"
#include "lpbuild/paths.h"

struct lp_err *lp_diffs_read(struct lp_arena *arena, const struct lp_strs *files,
			     struct lp_patch_diffs *ret)
{
	*ret = (struct lp_patch_diffs){ 0 };
	for (size_t i = 0; i < files->n; i++) {
		struct lp_patch_diff diff = { 0 };
		size_t len;
		u8 *text;

		LP_TRY(lp_file_read(arena, files->items[i], LP_UDIFF_MAX_SIZE, &text, &len));
		LP_TRY(lp_udiff_parse(arena, files->items[i], (const char *)text, len,
				      &diff.parsed));
		LP_TRY(lp_path_absolute(arena, files->items[i], &diff.path));
		lp_vec_push(arena, ret, diff);
	}
	return NULL;
}

struct patch_run { /* what patch(1) says */
	struct lp_arena *arena;
	const char *file;	 /* that it is at */
	const char *failed_file; /* of the first hunk that failed, or NULL */
	u32 failed_hunk;
	const char *fuzzy_file; /* of the first hunk that needed fuzz */
	u32 fuzzy_hunk;
	bool is_reversed;  /* "Reversed (or previously applied) patch detected" */
	const char *other; /* the last line that is none of these */
};

/*
 *	checking file ui/vnc.c
 *	Hunk #2 FAILED at 66.
 *	Hunk #1 succeeded at 50 with fuzz 2 (offset 3 lines).
 */
static void take_line(void *arg, const char *line)
{
	struct patch_run *run = arg;
	static const char *const file_words[] = { "checking file ", "patching file " };

	for (size_t i = 0; i < LP_ARRAY_SIZE(file_words); i++) {
		size_t n = strlen(file_words[i]);

		if (!strncmp(line, file_words[i], n)) {
			run->file = lp_strdup(run->arena, line + n);
			return;
		}
	}
	if (strstr(line, "previously applied)"))
		run->is_reversed = true;
	if (strncmp(line, "Hunk #", 6) != 0) {
		run->other = lp_strdup(run->arena, line);
		return;
	}
	u32 hunk = (u32)strtoul(line + 6, NULL, 10);

	if (strstr(line, " FAILED") && !run->failed_file) {
		run->failed_file = run->file;
		run->failed_hunk = hunk;
	} else if (strstr(line, " with fuzz ") && !run->fuzzy_file) {
		run->fuzzy_file = run->file;
		run->fuzzy_hunk = hunk;
	}
}

static struct lp_err *run_patch(struct lp_work *work, const struct lp_patch_diff *diff,
				const char *fuzz, bool dry, struct patch_run *run, int *ret)
{
	const char *argv[] = { "patch",
			       lp_printf(work->arena, "-p%u", diff->strip),
			       fuzz,
			       "--forward",
			       "--no-backup-if-mismatch",
			       "--reject-file=-",
			       dry ? "--dry-run" : NULL,
			       NULL };
	const struct lp_proc proc = {
		.argv = argv,
		.cwd = work->src,
		.env = (const char *const[]){ "LC_ALL=C", NULL },
		.stdin_path = diff->path,
		.log = lp_work_path(work, "log/patch.log"),
		.on_line = take_line,
		.arg = run,
	};

	*run = (struct patch_run){ .arena = work->arena };
	return lp_proc_status(work->arena, &proc, ret);
}

/* Why patch(1) refused it: asks again with fuzz allowed, to tell "nearly" from "not". */
static struct lp_err *explain(struct lp_work *work, const struct lp_patch_diff *diff,
			      const struct patch_run *failed)
{
	const char *name = lp_basename(diff->path);
	struct patch_run fuzzy;
	int status;

	if (failed->is_reversed)
		return lp_err_advice(
			lp_err(LP_FAILED, "'%s' does not apply: it is in the source already", name),
			"nothing has to be patched, or this is the wrong source");
	if (!failed->failed_file)
		return lp_err(LP_FAILED, "'%s' does not apply: %s", name,
			      failed->other ? failed->other : "patch gives no reason");
	LP_TRY(run_patch(work, diff, "-F3", true, &fuzzy, &status));
	if (!status && fuzzy.fuzzy_file)
		return lp_err_advice(lp_err(LP_FAILED,
					    "'%s' applies only with fuzz: hunk %u of '%s'", name,
					    fuzzy.fuzzy_hunk, fuzzy.fuzzy_file),
				     "the lines around the change are others here; make the diff "
				     "against this source");
	return lp_err_advice(lp_err(LP_FAILED, "'%s' does not apply: hunk %u of '%s'", name,
				    failed->failed_hunk, failed->failed_file),
			     "make the diff against this source");
}

struct lp_err *lp_diff_apply(struct lp_work *work, struct lp_patch_diff *diff)
{
	struct patch_run run;
	int status;

	LP_TRY(lp_udiff_level(work->arena, &diff->parsed, work->src, &diff->strip));
	LP_TRY(run_patch(work, diff, "-F0", true, &run, &status));
	if (status)
		return explain(work, diff, &run);
	LP_TRY(run_patch(work, diff, "-F0", false, &run, &status));
	return status ? explain(work, diff, &run) : NULL;
}
