/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does what the author says: leaves out what is to be ignored, takes hooks along. */
#include "create-diff-object/author.h"

#include <string.h>

void cdo_fault(struct cdo_diff *diff, const char *rule, const char *text)
{
	struct cdo_fault fault = { rule, text };

	lp_vec_push(diff->arena, &diff->faults, fault);
}

void cdo_note(struct cdo_diff *diff, const char *text)
{
	lp_vec_push(diff->arena, &diff->notes, text);
}

void cdo_set_verdict(struct cdo_diff *diff, u32 idx, enum cdo_verdict verdict)
{
	enum cdo_verdict before = diff->verdict[idx];

	diff->n_new += (verdict == CDO_NEW) - (before == CDO_NEW);
	diff->n_changed += (verdict == CDO_CHANGED) - (before == CDO_CHANGED);
	diff->verdict[idx] = verdict;
}

static void leave_out(struct cdo_diff *diff, u32 idx)
{
	const struct cdo_item *item = &diff->patched.items[idx];
	const struct cdo_allowed entry = { "ignored-by-author", item->name };

	cdo_set_verdict(diff, idx, CDO_SAME);
	if (item->kind == CDO_FUNC && item->cold != CDO_NONE)
		diff->verdict[item->cold] = CDO_SAME;
	lp_vec_push(diff->arena, &diff->allowed, entry);
}

/* NAME, or what the compiler made of it: `f.part.0` of `f`. */
static bool is_clone(const char *symbol, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(symbol, name, len) && (symbol[len] == '\0' || symbol[len] == '.');
}

static void ignore_function(struct cdo_diff *diff, const char *name)
{
	u32 n_found = 0, n_left_out = 0;

	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];

		if (item->kind != CDO_FUNC || !is_clone(item->name, name))
			continue;
		n_found++;
		if (diff->verdict[i] == CDO_SAME)
			continue;
		leave_out(diff, i);
		n_left_out++;
	}
	if (!n_found)
		cdo_fault(diff, "directive-unmatched",
			  lp_printf(diff->arena,
				    "LIVEPATCH_IGNORE_FUNCTION(%s): the object has no function of "
				    "that name",
				    name));
	else if (!n_left_out)
		cdo_note(diff,
			 lp_printf(
				 diff->arena,
				 "LIVEPATCH_IGNORE_FUNCTION(%s) is not needed: nothing has changed",
				 name));
}

static void ignore_section(struct cdo_diff *diff, const char *name)
{
	const struct cdo_side *side = &diff->patched;
	u32 n_left_out = 0;

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		if ((item->kind != CDO_DATA && item->kind != CDO_ODD) ||
		    strcmp(side->elf->sections[item->section].name, name) != 0 ||
		    diff->verdict[i] == CDO_SAME)
			continue;
		leave_out(diff, i);
		n_left_out++;
	}
	if (!lp_elf_section(side->elf, name))
		cdo_fault(diff, "directive-unmatched",
			  lp_printf(diff->arena,
				    "LIVEPATCH_IGNORE_SECTION(\"%s\"): the object has no such "
				    "section",
				    name));
	else if (!n_left_out)
		cdo_note(diff, lp_printf(diff->arena,
					 "LIVEPATCH_IGNORE_SECTION(\"%s\") is not needed: "
					 "no data in it has changed",
					 name));
}

/* Several functions can be run while all threads are stopped; the others decide, or are told. */
static bool is_single(const char *hook)
{
	return strcmp(hook, "load") != 0 && strcmp(hook, "unload") != 0;
}

static void take_hooks(struct cdo_diff *diff, const struct cdo_directives *directives)
{
	struct lp_map first = { 0 };

	for (size_t i = 0; i < directives->n; i++) {
		const struct cdo_directive *directive = &directives->items[i];

		if (directive->kind != CDO_HOOK)
			continue;
		cdo_set_verdict(diff, directive->item, CDO_NEW);
		u32 before = lp_map_set_str(diff->arena, &first, directive->hook, (u32)i);

		if (before != LP_MAP_NONE && is_single(directive->hook))
			cdo_fault(diff, "hook-twice",
				  lp_printf(diff->arena, "'%s' and '%s' are both %s hooks",
					    directives->items[before].name, directive->name,
					    directive->hook));
	}
}

void cdo_obey_author(struct cdo_diff *diff)
{
	diff->is_table = lp_new_array(diff->arena, diff->patched.n_items, bool);
	struct cdo_directives directives = cdo_read_directives(diff);

	cdo_mark_tables(diff, &directives);
	for (size_t i = 0; i < directives.n; i++) {
		if (directives.items[i].kind == CDO_IGNORE_FUNCTION)
			ignore_function(diff, directives.items[i].name);
		else if (directives.items[i].kind == CDO_IGNORE_SECTION)
			ignore_section(diff, directives.items[i].name);
	}
	take_hooks(diff, &directives);
	cdo_keep_data(diff);
}
