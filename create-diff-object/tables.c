/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects that are overwritten in place. The runtime writes over what the linker put there, so
 * the size, the name and the kind of section must be what they were.
 */
#include <inttypes.h>
#include <string.h>

#include "create-diff-object/author.h"

/* ---- finding ---- */

/* True if the table is called NAME, or is a static local of that name: gcc calls it `props.3`,
 * clang `init.props`. */
static bool is_called(const struct cdo_item *item, const char *name)
{
	size_t len = strlen(item->base), tail = strlen(name);

	if (item->kind != CDO_DATA)
		return false;
	return !strcmp(item->name, name) || !strcmp(item->base, name) ||
	       (len > tail && item->base[len - tail - 1] == '.' &&
		!strcmp(item->base + len - tail, name));
}

/* The table NAME, or CDO_NONE. TEXT is how the person has said it; an option is for all
 * objects, so that it need not be in this one. */
static u32 find_table(struct cdo_diff *diff, const char *name, const char *text, bool is_option)
{
	u32 found = CDO_NONE;

	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];

		if (!is_called(item, name))
			continue;
		if (found != CDO_NONE) {
			cdo_fault(diff, "directive-unmatched",
				  lp_printf(diff->arena, "%s may mean '%s' or '%s'", text,
					    diff->patched.items[found].name, item->name));
			return CDO_NONE;
		}
		found = i;
	}
	if (found == CDO_NONE && !is_option)
		cdo_fault(diff, "directive-unmatched",
			  lp_printf(diff->arena, "%s: the object has no data of that name", text));
	return found;
}

/* ---- what fits ---- */

static u8 binding(const struct cdo_side *side, const struct cdo_item *item)
{
	return side->elf->symbols[item->sym].bind;
}

/* Why the linker may have made something else of ITEM than one object with these bytes. */
static const char *misfit_of_side(const struct cdo_side *side, const struct cdo_item *item)
{
	const struct lp_section *sec = &side->elf->sections[item->section];
	const struct lp_symbol *sym = &side->elf->symbols[item->sym];

	if (!item->is_known_use)
		return "it is in a section of no known use";
	if (!sec->data)
		return "it is without contents (.bss)";
	if (sec->flags & SHF_MERGE)
		return "the linker may have merged it with others";
	if (cdo_is_private(sym))
		return "it has no name in the executable";
	if (sym->size != item->size)
		return "it is longer than its symbol says";
	return NULL;
}

static const char *misfit(const struct cdo_diff *diff, u32 orig, u32 patched)
{
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];
	const char *why = misfit_of_side(&diff->orig, a);

	if (!why)
		why = misfit_of_side(&diff->patched, b);
	if (!why && a->is_writable != b->is_writable)
		why = b->is_writable ? "it became writable" : "it became read-only";
	if (!why && (strcmp(a->base, b->base) != 0 ||
		     binding(&diff->orig, a) != binding(&diff->patched, b)))
		why = "its symbol has changed";
	return why;
}

static void check_table(struct cdo_diff *diff, u32 idx)
{
	u32 twin = diff->patched.twin[idx];
	const struct cdo_item *orig = &diff->orig.items[twin], *item = &diff->patched.items[idx];
	const char *why = misfit(diff, twin, idx);

	if (why)
		cdo_fault(diff, "table-unfit",
			  lp_printf(diff->arena, "'%s' cannot be replaced in place: %s", item->name,
				    why));
	else if (orig->size != item->size)
		cdo_fault(diff, "table-resized",
			  lp_printf(diff->arena,
				    "'%s' cannot be replaced in place: %" PRIu64
				    " bytes before, %" PRIu64 " now",
				    item->name, orig->size, item->size));
}

/* ---- the whole ---- */

static void mark(struct cdo_diff *diff, u32 idx)
{
	if (idx != CDO_NONE && diff->patched.twin[idx] != CDO_NONE)
		diff->is_table[idx] = true;
}

/* A table in which nothing has changed is none; the one who named it by a directive is told. */
static void judge(struct cdo_diff *diff, u32 idx)
{
	u32 twin = diff->patched.twin[idx];
	struct cdo_difference why = cdo_compare(diff, twin, idx, CDO_BY_TWIN);

	if (why.what) {
		diff->why[idx] = cdo_name_literal(diff, idx, why);
		cdo_set_verdict(diff, idx, CDO_CHANGED);
	}
	if (diff->verdict[idx] == CDO_CHANGED) {
		check_table(diff, idx);
		return;
	}
	diff->is_table[idx] = false;
	if (cdo_has_changed_literal(diff, idx))
		return; /* that is refused */
	cdo_note(diff, lp_printf(diff->arena, "table '%s' need not be marked: it has not changed",
				 diff->patched.items[idx].name));
}

void cdo_mark_tables(struct cdo_diff *diff, const struct cdo_directives *directives)
{
	const struct lp_strs *options = &diff->options->allow_table;

	if (!directives->n && !options->n)
		return;
	for (size_t i = 0; i < directives->n; i++) {
		const char *name = directives->items[i].name;

		if (directives->items[i].kind == CDO_TABLE)
			mark(diff, find_table(diff, name,
					      lp_printf(diff->arena, "LIVEPATCH_TABLE(%s)", name),
					      false));
	}
	for (size_t i = 0; i < options->n; i++)
		mark(diff, find_table(diff, options->items[i],
				      lp_printf(diff->arena, "--allow-table %s", options->items[i]),
				      true));
	cdo_renew_literals(diff);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (diff->is_table[i])
			judge(diff, i);
	}
}
