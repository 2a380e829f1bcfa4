/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/stack.h"

#include "lpbuild/patched.h"
#include "lpbuild/paths.h"
#include "lpbuild/report.h"
#include "lpbuild/stages.h"

struct layer { /* one patch of the stack */
	struct lp_outdir out;
	struct lp_patch_diffs diffs; /* one */
};

static struct lp_err *make_layer(struct lp_work *work, struct lp_patched *patched,
				 struct layer *layer, const struct lp_target *target,
				 struct lp_report *report)
{
	struct lp_pairs pairs;

	LP_TRY(lp_patched_add(work, patched, &layer->diffs, &layer->out, &pairs));
	LP_TRY(lp_stage_diff(work, &pairs, &layer->out, &report->infos));
	report->out = &layer->out;
	return lp_stage_extract(work, &layer->diffs, &layer->out, target);
}

struct lp_err *lp_stack_make(struct lp_work *work, const struct lp_strs *names,
			     const struct lp_strs *diffs, const char *out,
			     const struct lp_target *target, bool json)
{
	struct lp_report *reports = lp_new_array(work->arena, diffs->n, struct lp_report);
	struct layer *layers = lp_new_array(work->arena, diffs->n, struct layer);
	struct lp_patched patched = { 0 };

	for (size_t i = 0; i < diffs->n; i++) {
		const char *root = lp_printf(work->arena, "%s/%s", out, names->items[i]);
		struct lp_strs own = { diffs->items + i, 1, 0 };

		LP_TRY(lp_diffs_read(work->arena, &own, &layers[i].diffs));
		LP_TRY(lp_outdir_open(work->arena, root, names->items[i], &layers[i].out));
	}
	for (size_t i = 0; i < diffs->n; i++) {
		LP_TRY(lp_err_context(make_layer(work, &patched, &layers[i], target, &reports[i]),
				      "in patch '%s' of the stack", names->items[i]));
		lp_vec_push(work->arena, &work->below, layers[i].out.payload);
		if (json)
			continue;
		lp_progress_end(work->progress);
		lp_report_text(work, target->path, &reports[i]);
	}
	if (json)
		lp_report_stack_json(work, target->path, reports, diffs->n);
	return NULL;
}
