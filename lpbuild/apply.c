/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/apply.h"

#include <stdio.h>
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
	struct lp_work *work;
	const char *name;	 /* of the diff */
	const char *file;	 /* that it is at */
	const char *failed_file; /* of the first hunk that failed, or NULL */
	u32 failed_hunk;
	const char *fuzzy_file; /* of the first hunk that needed fuzz */
	u32 fuzzy_hunk;
	bool is_reversed;  /* "Reversed (or previously applied) patch detected" */
	const char *other; /* the last line that is none of these */
};

/* What was found elsewhere is told: in a file that repeats itself it may be the wrong place. */
static void tell_offset(const struct patch_run *run, u32 hunk, const char *place)
{
	lp_progress_end(run->work->progress);
	fprintf(stderr, "note: '%s': hunk %u of '%s' applies%s\n", run->name, hunk, run->file,
		place);
}

/*
 *	patching file ui/vnc.c
 *	Hunk #2 FAILED at 66.
 *	Hunk #1 succeeded at 50 with fuzz 2 (offset 3 lines).
 *	Hunk #3 succeeded at 99 (offset -1 lines).
 */
static void take_line(void *arg, const char *line)
{
	struct patch_run *run = arg;
	struct lp_arena *arena = run->work->arena;
	static const char file_word[] = "patching file ", succeeded[] = " succeeded";
	const char *place;

	if (!strncmp(line, file_word, strlen(file_word))) {
		run->file = lp_strdup(arena, line + strlen(file_word));
		return;
	}
	if (strstr(line, "previously applied)"))
		run->is_reversed = true;
	if (strncmp(line, "Hunk #", 6) != 0) {
		run->other = lp_strdup(arena, line);
		return;
	}
	u32 hunk = (u32)strtoul(line + 6, NULL, 10);

	if (strstr(line, " FAILED") && !run->failed_file) {
		run->failed_file = run->file;
		run->failed_hunk = hunk;
	} else if (strstr(line, " with fuzz ")) {
		if (!run->fuzzy_file) {
			run->fuzzy_file = run->file;
			run->fuzzy_hunk = hunk;
		}
	} else if ((place = strstr(line, succeeded))) {
		tell_offset(run, hunk, place + strlen(succeeded));
	}
}

/*
 * Applies with fuzz, which is then refused: so that one run tells "nearly" from "not". patch(1)
 * looks for an exact match everywhere first. A dry run would not do, because it takes no notice
 * of what it would have done: a diff may have two parts for one file. The tree may be left half
 * patched; it is marked as changed, and the next run puts it back.
 */
static struct lp_err *run_patch(struct lp_work *work, const struct lp_patch_diff *diff,
				struct patch_run *run, int *ret)
{
	const char *argv[] = { "patch",
			       lp_printf(work->arena, "-p%u", diff->strip),
			       "-F3",
			       "--forward",
			       "--no-backup-if-mismatch",
			       "--reject-file=-",
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

	*run = (struct patch_run){ .work = work, .name = lp_basename(diff->path) };
	return lp_proc_status(work->arena, &proc, ret);
}

static struct lp_err *explain(const struct patch_run *run, int status)
{
	if (status > 128)
		return lp_err_advice(lp_err(LP_FAILED,
					    "'patch' was ended by signal %d while applying '%s'",
					    status - 128, run->name),
				     "run lpbuild again");
	if (run->is_reversed)
		return lp_err_advice(lp_err(LP_FAILED,
					    "'%s' does not apply: it is in the source already",
					    run->name),
				     "nothing has to be patched, or this is the wrong source");
	if (run->failed_file)
		return lp_err_advice(lp_err(LP_FAILED, "'%s' does not apply: hunk %u of '%s'",
					    run->name, run->failed_hunk, run->failed_file),
				     "make the diff against this source");
	return lp_err(LP_FAILED, "'%s' does not apply: %s", run->name,
		      run->other ? run->other : "patch gives no reason");
}

struct lp_err *lp_diff_apply(struct lp_work *work, const struct lp_patch_diff *diff)
{
	struct patch_run run;
	int status;

	LP_TRY(run_patch(work, diff, &run, &status));
	if (status)
		return explain(&run, status);
	if (run.fuzzy_file)
		return lp_err_advice(lp_err(LP_FAILED,
					    "'%s' applies only with fuzz: hunk %u of '%s'",
					    run.name, run.fuzzy_hunk, run.fuzzy_file),
				     "the lines around the change are others here; make the diff "
				     "against this source");
	return NULL;
}
