/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills the report: what is in the output and why, or why there is none. */
#include "create-diff-object/report.h"

#include <string.h>

#include "create-diff-object/layout.h"
#include "lib/file.h"

struct lists {
	LP_VEC(struct cdo_r_function) functions;
	LP_VEC(struct cdo_r_object) data, tables, refused;
	LP_VEC(struct cdo_r_hook) hooks;
	LP_VEC(struct lp_info_pin) pins;
	LP_VEC(struct lp_info_advice) eyes;
	LP_VEC(struct cdo_allowed) allowed, ignored;
};

#define SEQ(vec) ((struct lp_seq){ (vec).items, (vec).n })

static bool is_wanted(const char *only, const char *name)
{
	return !*only || !strcmp(only, name);
}

static void add_function(struct cdo_diff *diff, const struct lp_info_change *change, u32 item,
			 struct lists *lists)
{
	struct cdo_r_function function = {
		.name = change->name,
		.change = change->kind == LP_CHANGED ? "modified" : "added",
		.why = change->why,
		.old_size = change->old_size,
		.new_size = change->new_size,
	};
	struct cdo_explanation explanation;

	if (change->kind == LP_CHANGED) {
		cdo_explain(diff, item, true, &explanation);
		function.old = explanation.old;
		function.new = explanation.new;
	}
	lp_vec_push(diff->arena, &lists->functions, function);
}

static void add_change(struct cdo_diff *diff, const struct lp_info_change *change, u32 item,
		       struct lists *lists)
{
	struct cdo_r_object object = { change->name, change->new_size, change->why };
	struct cdo_r_hook hook = { change->hook, change->name };

	switch (change->kind) {
	case LP_CHANGED:
	case LP_ADDED:
		add_function(diff, change, item, lists);
		break;
	case LP_DATA:
		lp_vec_push(diff->arena, &lists->data, object);
		break;
	case LP_TABLE:
		lp_vec_push(diff->arena, &lists->tables, object);
		break;
	case LP_HOOK:
		lp_vec_push(diff->arena, &lists->hooks, hook);
		break;
	case LP_IGNORED: /* add_judged() */
		break;
	}
}

static void add_judged(struct cdo_diff *diff, const char *only, struct lists *lists)
{
	for (size_t i = 0; i < diff->allowed.n; i++) {
		if (is_wanted(only, diff->allowed.items[i].name))
			lp_vec_push(diff->arena, &lists->allowed, diff->allowed.items[i]);
	}
	for (size_t i = 0; i < diff->ignored.n; i++) {
		if (is_wanted(only, diff->ignored.items[i].name))
			lp_vec_push(diff->arena, &lists->ignored, diff->ignored.items[i]);
	}
}

static void add_pins(struct cdo_diff *diff, const struct lp_info *info, const char *only,
		     struct lists *lists)
{
	for (size_t i = 0; i < info->pins.n; i++) {
		const struct lp_info_pin *pin = &info->pins.items[i];

		if (is_wanted(only, pin->name) || is_wanted(only, pin->holder))
			lp_vec_push(diff->arena, &lists->pins, *pin);
	}
}

static void add_eyes(struct cdo_diff *diff, const struct lp_info *info, const char *only,
		     struct lists *lists)
{
	for (size_t i = 0; i < info->advice.n; i++) {
		if (is_wanted(only, info->advice.items[i].name))
			lp_vec_push(diff->arena, &lists->eyes, info->advice.items[i]);
	}
}

/* What differs and is not in the output keeps the whole object from being patched. */
static void add_refused_data(struct cdo_diff *diff, const char *only, struct lists *lists)
{
	const struct cdo_side *side = &diff->patched;

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];
		bool is_data =
			item->kind == CDO_DATA || item->kind == CDO_TLS || item->kind == CDO_ODD;

		if (is_data && diff->verdict[i] == CDO_CHANGED && !diff->selected[i] &&
		    is_wanted(only, item->name))
			lp_vec_push(diff->arena, &lists->refused,
				    ((struct cdo_r_object){ item->name, item->size,
							    cdo_text_of_why(diff, i) }));
	}
}

/* Functions that nobody needs any more stay in the running program, unused. */
static void add_removed(const struct cdo_diff *diff, const char *only, struct cdo_report *ret)
{
	for (u32 i = 0; i < diff->orig.n_items; i++) {
		const struct cdo_item *item = &diff->orig.items[i];

		if (item->kind == CDO_FUNC && diff->orig.twin[i] == CDO_NONE &&
		    is_wanted(only, item->name))
			lp_vec_push(diff->arena, &ret->removed, item->name);
	}
}

static u32 find_named(const struct cdo_side *side, const char *name)
{
	for (u32 i = 0; i < side->n_items; i++) {
		if (side->items[i].sym && !strcmp(side->items[i].name, name))
			return i;
	}
	return CDO_NONE;
}

/* The one thing that was asked for by name has not changed, perhaps. */
static struct lp_err *add_unchanged(const struct cdo_diff *diff, const char *only,
				    struct lists *lists)
{
	u32 patched = find_named(&diff->patched, only), orig = find_named(&diff->orig, only);
	struct cdo_r_function same = { .name = only, .change = "same" };

	if (patched == CDO_NONE && orig == CDO_NONE)
		return lp_err(LP_NOTHING, "%s: neither object has a function or variable '%s'",
			      diff->object, only);
	if (patched == CDO_NONE) {
		same.change = "removed";
		same.why = "stays in the running program, unused";
		same.old_size = diff->orig.items[orig].size;
		lp_vec_push(diff->arena, &lists->functions, same);
	} else if (diff->verdict[patched] == CDO_SAME && !diff->selected[patched]) {
		u32 twin = diff->patched.twin[patched];

		same.old_size = twin == CDO_NONE ? 0 : diff->orig.items[twin].size;
		same.new_size = diff->patched.items[patched].size;
		lp_vec_push(diff->arena, &lists->functions, same);
	}
	return NULL;
}

struct lp_err *cdo_make_report(struct cdo_diff *diff, const struct lp_info *info, const char *only,
			       struct cdo_report *ret)
{
	struct lists lists = { 0 };

	*ret = (struct cdo_report){ .object = info->object,
				    .source = info->source,
				    .compiler = info->compiler,
				    .unchecked = cdo_unchecked_types(diff),
				    .refused = SEQ(diff->findings),
				    .advice = diff->notes };
	for (size_t i = 0; i < info->changes.n; i++) {
		if (is_wanted(only, info->changes.items[i].name))
			add_change(diff, &info->changes.items[i], diff->listed.items[i], &lists);
	}
	add_judged(diff, only, &lists);
	add_pins(diff, info, only, &lists);
	add_eyes(diff, info, only, &lists);
	add_refused_data(diff, only, &lists);
	add_removed(diff, only, ret);
	if (*only)
		LP_TRY(add_unchanged(diff, only, &lists));
	ret->functions = SEQ(lists.functions);
	ret->data = SEQ(lists.data);
	ret->tables = SEQ(lists.tables);
	ret->hooks = SEQ(lists.hooks);
	ret->allowed = SEQ(lists.allowed);
	ret->ignored = SEQ(lists.ignored);
	ret->pins = SEQ(lists.pins);
	ret->eyes = SEQ(lists.eyes);
	ret->refused_data = SEQ(lists.refused);
	return NULL;
}

struct lp_err *cdo_write_report(const struct cdo_diff *diff, const struct cdo_report *report,
				const char *path)
{
	char *text;
	size_t len;

	LP_TRY(lp_yaml_write(diff->arena, &cdo_report_schema, report, &text, &len));
	return lp_file_write(path, text, len);
}

void cdo_print_json(const struct cdo_report *report, FILE *out)
{
	struct lp_json json;

	lp_json_init(&json, out);
	lp_yaml_to_json(&json, NULL, &cdo_report_schema, report);
	lp_json_finish(&json);
}
