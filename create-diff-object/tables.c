/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects that are overwritten in place. The runtime writes over what the linker put there, so
 * the size, the name and the kind of section must be what they were.
 *
 * Nameless literals that only such a table points to go with it as new objects, so that an
 * array in it can grow:
 *
 *	const VMStateDescription vmstate_x = { .fields = (VMStateField[]) { ... } };
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

/* ---- literals ---- */

static bool is_literal(const struct cdo_item *item)
{
	return item->kind == CDO_DATA && cdo_is_compiler_object(item->base);
}

/* Says OURS of all literals that ITEM points to; true if that is new of one. */
static bool set_targets(const struct cdo_side *side, u32 idx, bool ours, bool *is_ours)
{
	const struct cdo_item *item = &side->items[idx];
	bool progress = false;

	for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
		const struct cdo_target *target = &side->targets[k];

		if (target->kind != CDO_REF_ITEM || is_ours[target->idx] == ours ||
		    !is_literal(&side->items[target->idx]))
			continue;
		is_ours[target->idx] = ours;
		progress = true;
	}
	return progress;
}

/* Fills in IS_OURS: literals that are reached from tables, and from nothing else. */
static void find_literals(const struct cdo_diff *diff, bool *is_ours)
{
	const struct cdo_side *side = &diff->patched;

	for (int ours = 1; ours >= 0; ours--) {
		bool progress = true;

		while (progress) {
			progress = false;
			for (u32 i = 0; i < side->n_items; i++)
				if ((diff->is_table[i] || is_ours[i]) == ours)
					progress |= set_targets(side, i, ours, is_ours);
		}
	}
}

static void set_verdict(struct cdo_diff *diff, u32 idx, enum cdo_verdict verdict)
{
	enum cdo_verdict before = diff->verdict[idx];

	diff->n_new += (verdict == CDO_NEW) - (before == CDO_NEW);
	diff->n_changed += (verdict == CDO_CHANGED) - (before == CDO_CHANGED);
	diff->verdict[idx] = verdict;
}

/* A literal that has changed, or that points to one that has, becomes a new object. */
static bool renew_literals(struct cdo_diff *diff, const bool *is_ours)
{
	bool progress = false;

	for (u32 i = 0; i < diff->patched.n_items; i++) {
		u32 twin = diff->patched.twin[i];

		if (!is_ours[i] || twin == CDO_NONE ||
		    !cdo_compare(diff, twin, i, CDO_BY_TWIN).what)
			continue;
		diff->orig.twin[twin] = CDO_NONE;
		diff->patched.twin[i] = CDO_NONE;
		set_verdict(diff, i, CDO_NEW);
		progress = true;
	}
	return progress;
}

/* It does not matter which literal of the original a new one was. */
static void drop_ambiguities(struct cdo_diff *diff, const bool *is_ours)
{
	size_t n = 0;

	for (size_t i = 0; i < diff->ambiguities.n; i++) {
		struct cdo_ambiguity pair = diff->ambiguities.items[i];

		if (!is_ours[pair.patched])
			diff->ambiguities.items[n++] = pair;
	}
	diff->ambiguities.n = n;
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

/* True if the table is the same, but not a literal in it that somebody else refers to as well. */
static bool has_changed_literal(const struct cdo_diff *diff, u32 idx)
{
	const struct cdo_side *side = &diff->patched;
	const struct cdo_item *item = &side->items[idx];

	for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
		const struct cdo_target *target = &side->targets[k];

		if (target->kind == CDO_REF_ITEM && is_literal(&side->items[target->idx]) &&
		    diff->verdict[target->idx] == CDO_CHANGED)
			return true;
	}
	return false;
}

/* A table in which nothing has changed is none; the one who named it by a directive is told. */
static void judge(struct cdo_diff *diff, u32 idx)
{
	u32 twin = diff->patched.twin[idx];

	struct cdo_difference why = cdo_compare(diff, twin, idx, CDO_BY_TWIN);

	if (why.what) {
		diff->why[idx] = why;
		set_verdict(diff, idx, CDO_CHANGED);
	}
	if (diff->verdict[idx] == CDO_CHANGED) {
		check_table(diff, idx);
		return;
	}
	diff->is_table[idx] = false;
	if (has_changed_literal(diff, idx))
		return; /* that is refused */
	cdo_note(diff, lp_printf(diff->arena, "table '%s' need not be marked: it has not changed",
				 diff->patched.items[idx].name));
}

void cdo_mark_tables(struct cdo_diff *diff, const struct cdo_directives *directives)
{
	const struct lp_strs *options = &diff->options->allow_table;
	bool *is_ours = lp_new_array(diff->arena, diff->patched.n_items, bool);

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
	find_literals(diff, is_ours);
	while (renew_literals(diff, is_ours))
		;
	drop_ambiguities(diff, is_ours);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (diff->is_table[i])
			judge(diff, i);
	}
}
