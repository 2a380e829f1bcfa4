/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/stages.h"

#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/proc.h"
#include "lpbuild/page.h"
#include "lpbuild/refusals.h"
#include "lpbuild/sign.h"
#include "lpbuild/tool.h"

#define MAX_LOG ((size_t)1 << 20)

struct comparison {	    /* of one pair */
	const char *object; /* its name in the build */
	const char *result; /* OUT/3-diff/... */
	const char *log;
};

struct diff_stage {
	struct lp_work *work;
	const struct lp_pairs *pairs;
	struct comparison *comparisons;
	struct lp_job *jobs;
	u32 n_done;
};

static void on_done(void *arg, size_t idx)
{
	struct diff_stage *stage = arg;

	lp_progress_items(stage->work->progress, ++stage->n_done, (u32)stage->pairs->n,
			  lp_basename(stage->comparisons[idx].object));
}

/* Appends "OPTION NAME" for each name to the N words of ARGV; returns how many there are now.
 */
static size_t add_list(const char **argv, size_t n, const char *option, const struct lp_strs *names)
{
	for (size_t i = 0; i < names->n; i++) {
		argv[n++] = option;
		argv[n++] = names->items[i];
	}
	return n;
}

static struct lp_err *plan_comparison(struct diff_stage *stage, const struct lp_outdir *out,
				      const char *tool, size_t idx)
{
	struct lp_arena *arena = stage->work->arena;
	const struct lp_pair *pair = &stage->pairs->items[idx];
	const struct {
		const char *option;
		const struct lp_strs *names;
	} lists[] = {
		{ "--allow-layout", stage->work->allow_layout },
		{ "--allow-table", stage->work->allow_table },
		{ "--allow-data", stage->work->allow_data },
		{ "--allow-data", &stage->work->recipe->allow_data },
		{ "--allow-running", stage->work->allow_running },
		{ "--always-running", &stage->work->recipe->always_running },
	};
	struct comparison *c = &stage->comparisons[idx];
	size_t n = 0, n_names = 0;

	for (size_t i = 0; i < LP_ARRAY_SIZE(lists); i++)
		n_names += lists[i].names->n;
	const char **argv = lp_new_array(arena, 10 + 2 * n_names, const char *);

	c->object = pair->object;
	LP_TRY(lp_outdir_file(arena, out->diff, pair->object, &c->result));
	c->log = lp_printf(arena, "%s.log", c->result);
	argv[n++] = tool;
	argv[n++] = pair->original;
	argv[n++] = pair->patched;
	argv[n++] = "-o";
	argv[n++] = c->result;
	argv[n++] = "--object";
	argv[n++] = pair->object;
	argv[n++] = "--report";
	argv[n++] = lp_printf(arena, "%s.yaml", c->result);
	for (size_t i = 0; i < LP_ARRAY_SIZE(lists); i++)
		n = add_list(argv, n, lists[i].option, lists[i].names);
	stage->jobs[idx].proc = (struct lp_proc){ .argv = argv, .log = c->log };
	return NULL;
}

static struct lp_err *all_refusals(const struct diff_stage *stage, enum lp_code code, size_t n_bad)
{
	struct lp_arena *arena = stage->work->arena;
	struct lp_refusals refusals = { .arena = arena };
	u8 *text;
	size_t len;

	for (size_t i = 0; i < stage->pairs->n; i++) {
		if (stage->jobs[i].status == LP_OK || stage->jobs[i].status == LP_NOTHING)
			continue;
		LP_TRY(lp_file_read(arena, stage->comparisons[i].log, MAX_LOG, &text, &len));
		lp_refusals_add(&refusals, stage->comparisons[i].object, (char *)text);
	}
	return lp_refusals_error(
		&refusals, code,
		lp_printf(arena, "%zu of %zu changed objects %s", n_bad, stage->pairs->n,
			  code == LP_REFUSED ? "cannot be live-patched" : "could not be compared"));
}

/* One error for all objects that could not be compared or are refused; failures go before
 * refusals in the exit code, because a refusal is a verdict and a failure is none. */
static struct lp_err *collect_errors(const struct diff_stage *stage)
{
	enum lp_code code = LP_REFUSED;
	size_t n_bad = 0, first = 0;

	for (size_t i = 0; i < stage->pairs->n; i++) {
		int status = stage->jobs[i].status;

		if (status == LP_OK || status == LP_NOTHING)
			continue;
		first = n_bad++ ? first : i;
		if (status != LP_REFUSED)
			code = LP_FAILED;
	}
	if (!n_bad)
		return NULL;
	if (n_bad == 1)
		return lp_err_context(lp_tool_error(stage->work->arena, "create-diff-object",
						    stage->comparisons[first].log,
						    stage->jobs[first].status),
				      "in object '%s'", stage->comparisons[first].object);
	return all_refusals(stage, code, n_bad);
}

/* ld -r of the objects that have a result. */
static struct lp_err *link_results(const struct diff_stage *stage, const char *linked)
{
	struct lp_work *work = stage->work;
	const char **argv = lp_new_array(work->arena, stage->pairs->n + 5, const char *);
	size_t n = 0, n_fixed;

	argv[n++] = "ld";
	argv[n++] = "-r";
	argv[n++] = "-o";
	argv[n++] = linked;
	n_fixed = n;
	for (size_t i = 0; i < stage->pairs->n; i++)
		if (stage->jobs[i].status == LP_OK)
			argv[n++] = stage->comparisons[i].result;
	if (n == n_fixed)
		return lp_err(LP_NOTHING, "nothing to do: the compiled code of '%s' is the same",
			      work->recipe->target);
	return lp_work_run(work, argv, work->root, "link.log");
}

static const char *linked_path(const struct lp_work *work, const struct lp_outdir *out)
{
	return lp_printf(work->arena, "%s/%s.o", out->link, out->name);
}

struct lp_err *lp_stage_diff(struct lp_work *work, const struct lp_pairs *pairs,
			     const struct lp_outdir *out, struct lp_info_list *ret)
{
	struct diff_stage stage = {
		.work = work,
		.pairs = pairs,
		.comparisons = lp_new_array(work->arena, pairs->n, struct comparison),
		.jobs = lp_new_array(work->arena, pairs->n, struct lp_job),
	};
	const char *linked = linked_path(work, out), *tool;
	const struct lp_elf *elf;

	lp_progress_step(work->progress, "comparing objects");
	LP_TRY(lp_tool_path(work->arena, "create-diff-object", &tool));
	for (size_t i = 0; i < pairs->n; i++)
		LP_TRY(plan_comparison(&stage, out, tool, i));
	LP_TRY(lp_proc_run_all(work->arena, stage.jobs, pairs->n, work->jobs, on_done, &stage));
	LP_TRY(collect_errors(&stage));
	LP_TRY(link_results(&stage, linked));
	LP_TRY(lp_elf_load(work->arena, linked, LP_ELF_RELOCATABLE, &elf));
	return lp_info_parse(work->arena, elf, ret);
}

static struct lp_err *publish(const char *from, const char *to)
{
	return rename(from, to) < 0 ? lp_err_errno("cannot write '%s'", to) : NULL;
}

static struct lp_err *make_review(struct lp_work *work, const struct lp_outdir *out,
				  const char *payload, const struct lp_target *target)
{
	const struct lp_page page = { .file = payload, .target = *target, .below = &work->below };
	const char *path = lp_printf(work->arena, "%s/%s.html", out->extract, out->name);

	LP_TRY(lp_err_context(lp_page_write(work->arena, &page, path),
			      "while writing the page about '%s'", out->name));
	return publish(path, out->review);
}

struct lp_err *lp_stage_extract(struct lp_work *work, const struct lp_patch_diffs *diffs,
				const struct lp_outdir *out, const struct lp_target *target)
{
	const char **argv = lp_new_array(
		work->arena,
		14 + LP_TARGET_ARGS + 2 * (diffs->n + work->references->n + work->below.n),
		const char *);
	const char *payload = lp_printf(work->arena, "%s/%s.raxlpxs", out->extract, out->name);
	const char *manifest = lp_printf(work->arena, "%s/%s.yaml", out->extract, out->name);
	const char *log = lp_printf(work->arena, "%s/%s.log", out->extract, out->name);
	size_t n = 0;
	int status;

	lp_progress_step(work->progress, "extracting the patch");
	LP_TRY(lp_tool_path(work->arena, "extract-patch", &argv[n++]));
	argv[n++] = "--recipe";
	argv[n++] = work->recipe->name;
	argv[n++] = "--name";
	argv[n++] = out->name;
	for (size_t i = 0; i < diffs->n; i++) {
		argv[n++] = "--diff";
		argv[n++] = diffs->items[i].path;
	}
	n = add_list(argv, n, "--reference", work->references);
	n = add_list(argv, n, "--depends", &work->below);
	if (work->replaces)
		argv[n++] = "--replace";
	if (work->summary) {
		argv[n++] = "--summary";
		argv[n++] = work->summary;
	}
	argv[n++] = "-o";
	argv[n++] = payload;
	argv[n++] = "-m";
	argv[n++] = manifest;
	argv[n++] = linked_path(work, out);
	(void)lp_target_args(target, argv, n);
	const struct lp_proc proc = { .argv = argv, .log = log };

	LP_TRY(lp_proc_status(work->arena, &proc, &status));
	if (status)
		return lp_err_context(lp_tool_error(work->arena, "extract-patch", log, status),
				      "while extracting '%s'", out->name);
	if (work->sign_key)
		LP_TRY(lp_sign_file(work->arena, payload, work->sign_key));
	if (work->wants_review)
		LP_TRY(make_review(work, out, payload, target));
	/* The payload last: who sees it finds the manifest beside it. */
	LP_TRY(publish(manifest, out->manifest));
	return publish(payload, out->payload);
}
