/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about types: memory of the running program keeps the layout that it was made with. */
#include <inttypes.h>
#include <string.h>

#include "create-diff-object/rules.h"

/* Types that are named as holding one that has changed. */
#define MAX_HOLDERS 3

void cdo_rule_debug_info(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	if (diff->is_types_checked && !diff->orig.types != !diff->patched.types)
		cdo_find(diff, rule, "the %s object has no debug information, the other one has",
			 diff->orig.types ? "patched" : "original");
}

/* True if a person has decided that the change of NAME ("struct x") does no harm. */
static bool is_allowed(struct cdo_diff *diff, const struct cdo_rule *rule, const char *name)
{
	const struct lp_strs *allowed = &diff->options->allow_layout;
	const char *blank = strchr(name, ' ');

	for (size_t i = 0; i < allowed->n; i++) {
		if (strcmp(allowed->items[i], name) != 0 &&
		    (!blank || strcmp(allowed->items[i], blank + 1) != 0))
			continue;
		struct cdo_allowed entry = { .rule = rule->id, .name = name };

		lp_vec_push(diff->arena, &diff->allowed, entry);
		return true;
	}
	return false;
}

static const char *layout_name(const struct cdo_diff *diff, u32 layout)
{
	return diff->patched.types->list.items[diff->layouts.items[layout].patched].name;
}

/* The innermost type from which LAYOUT got its change, or itself. */
static u32 first_cause(const struct cdo_diff *diff, u32 layout)
{
	/* No type holds itself, but damaged debug information may say so. */
	for (size_t i = 0; i < diff->layouts.n; i++) {
		if (diff->layouts.items[layout].cause == CDO_NONE)
			break;
		layout = diff->layouts.items[layout].cause;
	}
	return layout;
}

/* "; also in 'struct a', 'struct b' and 7 others": what holds the type and changed with it. */
static const char *text_of_holders(struct cdo_diff *diff, u32 layout, const bool *is_told)
{
	const char *text = "";
	u32 n = 0;

	for (u32 i = 0; i < diff->layouts.n; i++) {
		if (is_told[i] || i == layout || first_cause(diff, i) != layout)
			continue;
		if (n++ < MAX_HOLDERS)
			text = lp_printf(diff->arena, "%s%s '%s'", text, *text ? "," : "; also in",
					 layout_name(diff, i));
	}
	if (n > MAX_HOLDERS)
		text = lp_printf(diff->arena, "%s and %u other%s", text, n - MAX_HOLDERS,
				 n - MAX_HOLDERS == 1 ? "" : "s");
	return text;
}

static void find_layout(struct cdo_diff *diff, const struct cdo_rule *rule, u32 idx,
			const bool *is_told)
{
	const struct cdo_layout *layout = &diff->layouts.items[idx];
	const struct lp_type *orig = &diff->orig.types->list.items[layout->orig];
	const struct lp_type *patched = &diff->patched.types->list.items[layout->patched];

	if (orig->size == patched->size)
		cdo_find(diff, rule, "cannot patch '%s': its layout has changed", patched->name);
	else
		cdo_find(diff, rule,
			 "cannot patch '%s': its size %s from %" PRIu64 " to %" PRIu64 " bytes",
			 patched->name, orig->size < patched->size ? "grew" : "shrank", orig->size,
			 patched->size);
	cdo_detail(diff, "running objects have the old layout%s%s%s",
		   layout->detail ? "; first difference: " : "",
		   layout->detail ? layout->detail : "", text_of_holders(diff, idx, is_told));
}

void cdo_rule_layout(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	bool *is_told = lp_new_array(diff->arena, diff->layouts.n, bool);

	for (u32 i = 0; i < diff->layouts.n; i++)
		is_told[i] = is_allowed(diff, rule, layout_name(diff, i));
	for (u32 i = 0; i < diff->layouts.n; i++) {
		u32 cause = first_cause(diff, i);

		/* What holds a type that is allowed is not: a person has to decide about both. */
		if (!is_told[i] && (cause == i || is_told[cause]))
			find_layout(diff, rule, i, is_told);
	}
}

/* The number of the others: it has to follow when one is added (QAPI's FOO__MAX). */
static bool is_count(const struct lp_constant *a, const struct lp_constant *b)
{
	static const char *const ends[] = { "MAX", "COUNT", "NUM", "LAST", "END" };
	size_t len = strlen(a->name);

	for (size_t i = 0; i < LP_ARRAY_SIZE(ends) && a->is_last && b->is_last; i++) {
		size_t n = strlen(ends[i]);

		if (len > n && a->name[len - n - 1] == '_' && !strcmp(a->name + len - n, ends[i]))
			return true;
	}
	return false;
}

void cdo_rule_enum(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct lp_types *orig = diff->orig.types, *patched = diff->patched.types;
	struct lp_map by_name = { 0 }, done = { 0 };

	for (u32 i = 0; orig && i < orig->constants.n; i++)
		lp_map_set_str(diff->arena, &by_name, orig->constants.items[i].name, i);
	for (u32 i = 0; orig && patched && i < patched->constants.n; i++) {
		const struct lp_constant *b = &patched->constants.items[i];
		u32 idx = lp_map_get_str(&by_name, b->name);

		if (idx == LP_MAP_NONE || orig->constants.items[idx].value == b->value ||
		    is_count(&orig->constants.items[idx], b))
			continue;
		const char *name = b->type ? b->type : b->name;

		/* One finding an enum: inserting one constant moves all behind it. */
		if (lp_map_set_str(diff->arena, &done, name, i) != LP_MAP_NONE ||
		    is_allowed(diff, rule, name))
			continue;
		cdo_find(diff, rule,
			 "cannot patch '%s': constant '%s' was %" PRId64 " and is %" PRId64,
			 b->type ? b->type : "enum {...}", b->name,
			 (s64)orig->constants.items[idx].value, (s64)b->value);
		cdo_detail(diff, "running objects hold the old value");
	}
}
