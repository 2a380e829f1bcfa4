/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/stack.h"

#include <stdlib.h>
#include <string.h>

#include "lpbuild/patched.h"
#include "lpbuild/paths.h"
#include "lpbuild/report.h"
#include "lpbuild/stages.h"

struct layer { /* one patch of the stack */
	struct lp_outdir out;
	struct lp_patch_diffs own; /* its diff */
	struct lp_patch_diffs all; /* and those below */
	struct lp_pairs built;	   /* against 1-original */
};

static const struct lp_pair *find_pair(const struct lp_pairs *pairs, const char *object)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (!strcmp(pairs->items[i].object, object))
			return &pairs->items[i];
	return NULL;
}

static int by_object(const void *a, const void *b)
{
	return strcmp(((const struct lp_pair *)a)->object, ((const struct lp_pair *)b)->object);
}

/* What differs between two builds, both known by what differs from 1-original. */
static struct lp_err *difference(struct lp_arena *arena, const struct lp_pairs *before,
				 const struct lp_pairs *after, struct lp_pairs *ret)
{
	for (size_t i = 0; i < after->n; i++) {
		const struct lp_pair *old = find_pair(before, after->items[i].object);
		struct lp_pair pair = after->items[i];
		bool is_same = false;

		if (old) {
			pair.original = old->patched;
			LP_TRY(lp_same_file(pair.original, pair.patched, &is_same));
		}
		if (!is_same)
			lp_vec_push(arena, ret, pair);
	}
	/* A diff may take back what one below has done. */
	for (size_t i = 0; i < before->n; i++) {
		struct lp_pair pair = before->items[i];

		if (find_pair(after, pair.object))
			continue;
		pair.patched = pair.original;
		pair.original = before->items[i].patched;
		lp_vec_push(arena, ret, pair);
	}
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_object);
	return NULL;
}

static struct lp_err *read_diffs(struct lp_arena *arena, const struct lp_strs *diffs, size_t idx,
				 struct layer *ret)
{
	struct lp_strs all = { diffs->items, idx + 1, 0 }, own = { diffs->items + idx, 1, 0 };

	LP_TRY(lp_diffs_read(arena, &own, &ret->own));
	return lp_diffs_read(arena, &all, &ret->all);
}

/* LAYER is on top of BELOW, NULL for the first. */
static struct lp_err *make_layer(struct lp_work *work, struct layer *layer,
				 const struct layer *below, const struct lp_target *target,
				 struct lp_report *report)
{
	struct lp_pairs none = { 0 }, pairs = { 0 };

	LP_TRY(lp_patched_build(work, &layer->all, &layer->out, &layer->built));
	LP_TRY(difference(work->arena, below ? &below->built : &none, &layer->built, &pairs));
	if (!pairs.n)
		return lp_err(LP_NOTHING, "'%s' changes nothing of what the diffs below leave",
			      layer->own.items[0].path);
	LP_TRY(lp_stage_diff(work, &pairs, &layer->out, &report->infos));
	report->out = &layer->out;
	return lp_stage_extract(work, &layer->own, &layer->out, target);
}

struct lp_err *lp_stack_make(struct lp_work *work, const struct lp_strs *names,
			     const struct lp_strs *diffs, const char *out,
			     const struct lp_target *target, bool json)
{
	struct lp_report *reports = lp_new_array(work->arena, diffs->n, struct lp_report);
	struct layer *layers = lp_new_array(work->arena, diffs->n, struct layer);

	for (size_t i = 0; i < diffs->n; i++) {
		const char *root = lp_printf(work->arena, "%s/%s", out, names->items[i]);

		LP_TRY(read_diffs(work->arena, diffs, i, &layers[i]));
		LP_TRY(lp_outdir_open(work->arena, root, names->items[i], &layers[i].out));
	}
	for (size_t i = 0; i < diffs->n; i++) {
		LP_TRY(lp_err_context(make_layer(work, &layers[i], i ? &layers[i - 1] : NULL,
						 target, &reports[i]),
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
