/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/run.h"

#include "create-diff-object/layout.h"

/* The first finding is the error, the others are its context. */
static struct lp_err *refuse(const struct cdo_diff *diff)
{
	const struct cdo_finding *first = &diff->findings.items[0];
	struct lp_err *err = lp_err(LP_REFUSED, "%s: %s", diff->object, first->text);

	if (first->detail)
		err = lp_err_context(err, "%s", first->detail);
	for (size_t i = 1; i < diff->findings.n; i++) {
		const struct cdo_finding *finding = &diff->findings.items[i];

		err = lp_err_context(err, "also %s: %s", finding->rule, finding->text);
		if (finding->detail)
			err = lp_err_context(err, "  %s", finding->detail);
	}
	return lp_err_advice(lp_err_rule(err, first->rule), "%s", first->advice);
}

static struct lp_err *nothing(const struct cdo_diff *diff)
{
	size_t n = diff->ignored.n;
	const char *text = lp_printf(diff->arena, "%s: nothing has changed", diff->object);
	const char *glue = n ? " and" : " but";

	if (n)
		text = lp_printf(diff->arena, "%s but the line numbers in %zu function%s", text, n,
				 n == 1 ? "" : "s");
	for (size_t i = 0; i < diff->allowed.n; i++, glue = ",")
		text = lp_printf(diff->arena, "%s%s%s '%s'", text, glue,
				 i ? "" : " what is ignored:", diff->allowed.items[i].name);
	return lp_err(LP_NOTHING, "%s", text);
}

struct lp_err *cdo_analyse(struct lp_arena *arena, const struct cdo_options *options,
			   const struct lp_elf *orig, const struct lp_elf *patched,
			   enum cdo_phase last, struct cdo_diff **ret)
{
	struct cdo_diff *diff = lp_new(arena, struct cdo_diff);

	*ret = diff;
	diff->arena = arena;
	diff->options = options;
	diff->object = options->object;
	diff->orig.elf = orig;
	diff->patched.elf = patched;
	cdo_build_items(arena, &diff->orig);
	cdo_build_items(arena, &diff->patched);
	cdo_list_positions(arena, &diff->orig);
	cdo_resolve(arena, &diff->orig);
	cdo_resolve(arena, &diff->patched);
	if (last <= CDO_PHASE_RELOCATIONS)
		return NULL;
	cdo_correlate(diff);
	if (last <= CDO_PHASE_TWINS)
		return NULL;
	cdo_classify(diff);
	cdo_obey_author(diff);
	if (last <= CDO_PHASE_VERDICTS)
		return NULL;
	LP_TRY(cdo_compare_types(diff));
	if (last <= CDO_PHASE_TYPES)
		return NULL;
	cdo_check_rules(diff);
	cdo_select(diff);
	cdo_check_selection(diff);
	return NULL;
}

struct lp_err *cdo_run(struct lp_arena *arena, const struct cdo_options *options,
		       const struct lp_elf *orig, const struct lp_elf *patched,
		       struct cdo_diff **ret_diff, struct lp_out **ret_out)
{
	struct cdo_diff *diff;

	LP_TRY(cdo_analyse(arena, options, orig, patched, CDO_PHASE_SELECTION, ret_diff));
	diff = *ret_diff;
	if (diff->findings.n)
		return refuse(diff);
	if (!diff->n_changed && !diff->n_new)
		return nothing(diff);
	cdo_find_advice(diff);
	struct lp_out *out = lp_out_create(arena);

	LP_TRY(cdo_clone(diff, out));
	*ret_out = out;
	return NULL;
}
