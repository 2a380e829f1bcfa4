/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of refusal rules. Whatever differs between the two objects and is neither cloned
 * nor on the list of ignored sections (names.c) meets one of them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "create-diff-object/rules.h"

/* Rules about what differs. */
static const struct cdo_rule difference_rules[] = {
	{ "compiler-differs", cdo_rule_compiler,
	  "build both objects with the compiler that built the running program" },
	{ "lto-bytecode", cdo_rule_bytecode, "build the program and both objects without -flto" },
	{ "debug-info-missing", cdo_rule_debug_info, "build both objects with -g" },
	{ "layout-changed", cdo_rule_layout,
	  "keep the layout: put what is new into a variable or a table of its own; or, when no "
	  "object of the old layout can meet the new code, --allow-layout NAME" },
	{ "enum-changed", cdo_rule_enum,
	  "put new constants behind the old ones; or, when no old value can meet the new code, "
	  "--allow-layout NAME" },
	{ "data-changed", cdo_rule_data,
	  "the running program keeps its data: set the new value from a load hook, or make the "
	  "fix in code; or, when nothing needs the new value, --allow-data NAME" },
	{ "directive-unknown", cdo_rule_section_name,
	  "use the macros of livepatch.h, as they are" },
	{ "directive-unmatched", cdo_rule_fault,
	  "name what the object has, as its source calls it; a function that is always inlined is "
	  "none" },
	{ "hook-twice", cdo_rule_fault, "call both functions from one hook" },
	{ "table-resized", cdo_rule_fault,
	  "keep the size; let the table point to a longer array of another name instead" },
	{ "table-unfit", cdo_rule_fault,
	  "set the new values from a load hook, or make the fix in code" },
	{ "common-data", cdo_rule_common, "compile both objects with -fno-common" },
	{ "tls-changed", cdo_rule_tls,
	  "threads that run already have their block of thread-local data: use an ordinary "
	  "variable, of another name" },
	{ "constructor-changed", cdo_rule_constructor,
	  "constructors ran when the program started: do the work in a load hook" },
	{ "static-ambiguous", cdo_rule_ambiguous,
	  "give the static variables different names in the original and in the patched source" },
	{ "section-unknown", cdo_rule_section,
	  "leave what lives in this section out of the fix; a local array of pointers with its "
	  "initial values: declare it static const" },
	{ "no-function-sections", cdo_rule_function_sections,
	  "compile both objects with -ffunction-sections" },
	{ "group-changed", cdo_rule_group, "leave code that is shared by section groups alone" },
	{ "ifunc", cdo_rule_ifunc,
	  "leave the resolver function alone; patch the functions that it chooses from" },
	{ "gnu-unique", cdo_rule_unique, "compile both objects with -fno-gnu-unique" },
	{ "alias-added", cdo_rule_alias, "write the new name as a function of its own" },
	{ "always-running", cdo_rule_running,
	  "make the fix in what it calls, or restart the program; or, where nothing runs it, "
	  "--allow-running NAME" },
	{ "name-unusable", cdo_rule_name, "give the symbol a name without '!' and newlines" },
};

/* Rules about what the new code refers to; they look at what is selected. */
static const struct cdo_rule reference_rules[] = {
	{ "reference-unnamed", cdo_rule_unnamed,
	  "compile both objects with -ffunction-sections -fdata-sections, and give the data a "
	  "name" },
	{ "no-data-sections", cdo_rule_data_sections, "compile both objects with -fdata-sections" },
	{ "label-table", cdo_rule_label_table, "make the table of labels const" },
	{ "exception-table", cdo_rule_exception, "build both objects without -fexceptions" },
	{ "ignored-needed", cdo_rule_ignored, "do not ignore it, or do without it" },
	{ "name-duplicate", cdo_rule_duplicate,
	  "diff the objects as the compiler wrote them, not merged with ld -r" },
};

static LP_PRINTF(2, 0) const char *format(struct lp_arena *arena, const char *fmt, va_list ap)
{
	char *text;
	int n = vasprintf(&text, fmt, ap);
	const char *copy = lp_strdup(arena, n < 0 ? fmt : text);

	if (n >= 0)
		free(text);
	return copy;
}

void cdo_find(struct cdo_diff *diff, const struct cdo_rule *rule, const char *fmt, ...)
{
	struct cdo_finding finding = { .rule = rule->id, .advice = rule->advice };
	va_list ap;

	va_start(ap, fmt);
	finding.text = format(diff->arena, fmt, ap);
	va_end(ap);
	lp_vec_push(diff->arena, &diff->findings, finding);
}

void cdo_detail(struct cdo_diff *diff, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diff->findings.items[diff->findings.n - 1].detail = format(diff->arena, fmt, ap);
	va_end(ap);
}

void cdo_advise(struct cdo_diff *diff, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diff->findings.items[diff->findings.n - 1].advice = format(diff->arena, fmt, ap);
	va_end(ap);
}

void cdo_check_rules(struct cdo_diff *diff)
{
	for (size_t i = 0; i < LP_ARRAY_SIZE(difference_rules); i++)
		difference_rules[i].check(diff, &difference_rules[i]);
}

void cdo_check_selection(struct cdo_diff *diff)
{
	for (size_t i = 0; i < LP_ARRAY_SIZE(reference_rules); i++)
		reference_rules[i].check(diff, &reference_rules[i]);
}

void cdo_rule_ids(struct lp_arena *arena, struct lp_strs *ret)
{
	for (size_t i = 0; i < LP_ARRAY_SIZE(difference_rules); i++)
		lp_vec_push(arena, ret, difference_rules[i].id);
	for (size_t i = 0; i < LP_ARRAY_SIZE(reference_rules); i++)
		lp_vec_push(arena, ret, reference_rules[i].id);
}
