/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/dump.h"

#include <inttypes.h>
#include <string.h>

#include "create-diff-object/explain.h"
#include "create-diff-object/layout.h"
#include "create-diff-object/table.h"
#include "create-diff-object/text.h"

static const char *side_name(const struct cdo_diff *diff, const struct cdo_side *side)
{
	return side == &diff->orig ? "original" : "patched";
}

static const char *item_name(const struct cdo_diff *diff, const struct cdo_side *side, u32 idx)
{
	return idx == CDO_NONE ? NULL : cdo_printable(diff->arena, side->items[idx].name);
}

static void items_of(struct cdo_diff *diff, struct cdo_side *side, struct cdo_table *table)
{
	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];
		const char *section = side->elf->sections[item->section].name;

		cdo_cell(table, side_name(diff, side));
		cdo_cell(table, cdo_kind_name(item->kind));
		cdo_cell_u64(table, item->size);
		cdo_cell_u64(table, item->n_rels);
		cdo_cell(table, lp_printf(diff->arena, "%016" PRIx64, cdo_content(side, i)));
		cdo_cell(table, cdo_printable(diff->arena, section));
		cdo_cell(table, item_name(diff, side, i));
	}
}

static void dump_items(struct cdo_diff *diff, struct cdo_table *table)
{
	static const char *const columns[] = { "side",	      "kind",	 "#size", "#relocations",
					       "fingerprint", "section", "name" };

	table->columns = columns;
	table->n_columns = LP_ARRAY_SIZE(columns);
	items_of(diff, &diff->orig, table);
	items_of(diff, &diff->patched, table);
}

static const char *ref_name(enum cdo_ref kind)
{
	static const char *const names[] = {
		[CDO_REF_NONE] = "nothing",  [CDO_REF_UNDEF] = "symbol",   [CDO_REF_ITEM] = "item",
		[CDO_REF_STRING] = "string", [CDO_REF_CONST] = "constant", [CDO_REF_LOST] = "place",
	};

	return names[kind];
}

static void relocations_of(struct cdo_diff *diff, struct cdo_side *side, struct cdo_table *table)
{
	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			const struct lp_reloc *rel = &side->elf->rels[k];
			const struct cdo_target *target = &side->targets[k];

			cdo_cell(table, side_name(diff, side));
			cdo_cell(table, lp_printf(diff->arena, "%s+0x%" PRIx64,
						  item_name(diff, side, i), rel->off - item->off));
			cdo_cell(table, lp_reloc_name(rel->type));
			cdo_cell(table, ref_name(target->kind));
			cdo_cell(table, target->kind == CDO_REF_NONE
						? NULL
						: cdo_target_operand(diff->arena, side, target));
		}
	}
}

static void dump_relocations(struct cdo_diff *diff, struct cdo_table *table)
{
	static const char *const columns[] = { "side", "at", "type", "kind", "target" };

	table->columns = columns;
	table->n_columns = LP_ARRAY_SIZE(columns);
	relocations_of(diff, &diff->orig, table);
	relocations_of(diff, &diff->patched, table);
}

static const char *how_name(enum cdo_how how)
{
	static const char *const names[CDO_N_HOW] = {
		[CDO_HOW_NAME] = "name",       [CDO_HOW_NUMBER] = "number",
		[CDO_HOW_SCOPE] = "scope",     [CDO_HOW_FILE] = "file",
		[CDO_HOW_CONTENT] = "content", [CDO_HOW_PARENT] = "parent",
		[CDO_HOW_ALONE] = "alone",     [CDO_HOW_WALK] = "references",
		[CDO_HOW_CONTEXT] = "context", [CDO_HOW_ORDER] = "order",
	};

	return names[how];
}

static void dump_twins(struct cdo_diff *diff, struct cdo_table *table)
{
	static const char *const columns[] = { "kind", "by", "original", "patched" };

	table->columns = columns;
	table->n_columns = LP_ARRAY_SIZE(columns);
	for (u32 i = 0; i < diff->orig.n_items; i++) {
		u32 twin = diff->orig.twin[i];

		cdo_cell(table, cdo_kind_name(diff->orig.items[i].kind));
		cdo_cell(table, twin == CDO_NONE ? NULL : how_name(diff->how[twin]));
		cdo_cell(table, item_name(diff, &diff->orig, i));
		cdo_cell(table, item_name(diff, &diff->patched, twin));
	}
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (diff->patched.twin[i] != CDO_NONE)
			continue;
		cdo_cell(table, cdo_kind_name(diff->patched.items[i].kind));
		cdo_cell(table, NULL);
		cdo_cell(table, NULL);
		cdo_cell(table, item_name(diff, &diff->patched, i));
	}
}

/* Names of what was left out -> index, of the allowed ones and then the ignored ones. */
static struct lp_map left_out(const struct cdo_diff *diff)
{
	struct lp_map map = { 0 };

	for (size_t i = 0; i < diff->allowed.n; i++)
		lp_map_set_str(diff->arena, &map, diff->allowed.items[i].name, (u32)i);
	for (size_t i = 0; i < diff->ignored.n; i++)
		lp_map_set_str(diff->arena, &map, diff->ignored.items[i].name,
			       (u32)(diff->allowed.n + i));
	return map;
}

static const char *rule_at(const struct cdo_diff *diff, u32 idx)
{
	if (idx == LP_MAP_NONE)
		return NULL;
	return idx < diff->allowed.n ? diff->allowed.items[idx].rule
				     : diff->ignored.items[idx - diff->allowed.n].rule;
}

static void dump_verdicts(struct cdo_diff *diff, struct cdo_table *table)
{
	static const char *const columns[] = { "verdict", "kind", "name", "why" };
	static const char *const verdicts[] = {
		[CDO_SAME] = "same", [CDO_CHANGED] = "changed", [CDO_NEW] = "new"
	};
	struct lp_map rules = left_out(diff);
	const char *why;

	table->columns = columns;
	table->n_columns = LP_ARRAY_SIZE(columns);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		const char *rule = rule_at(diff, lp_map_get_str(&rules, item->name));
		bool is_ignored = diff->verdict[i] == CDO_SAME && rule;

		if (item->kind == CDO_CONTENT || item->kind == CDO_COLD)
			continue; /* part of others */
		why = is_ignored ? rule : NULL;
		if (diff->verdict[i] == CDO_CHANGED && diff->why[i].what)
			why = cdo_text_of_why(diff, i);
		cdo_cell(table, is_ignored ? "ignored" : verdicts[diff->verdict[i]]);
		cdo_cell(table, cdo_kind_name(item->kind));
		cdo_cell(table, item_name(diff, &diff->patched, i));
		cdo_cell(table, why);
	}
}

/* Only those that differ: an object of QEMU tells of thousands. */
static void dump_types(struct cdo_diff *diff, struct cdo_table *table)
{
	static const char *const columns[] = { "type", "#old-size", "#new-size", "difference" };

	table->columns = columns;
	table->n_columns = LP_ARRAY_SIZE(columns);
	for (size_t i = 0; i < diff->layouts.n; i++) {
		const struct cdo_layout *layout = &diff->layouts.items[i];
		const struct lp_type *orig = &diff->orig.types->list.items[layout->orig];
		const struct lp_type *patched = &diff->patched.types->list.items[layout->patched];

		cdo_cell(table, cdo_printable(diff->arena, patched->name));
		cdo_cell_u64(table, orig->size);
		cdo_cell_u64(table, patched->size);
		cdo_cell(table, layout->detail);
	}
}

static void dump_selection(struct cdo_diff *diff, struct cdo_table *table)
{
	static const char *const columns[] = { "kind", "#size", "name" };

	table->columns = columns;
	table->n_columns = LP_ARRAY_SIZE(columns);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (!diff->selected[i])
			continue;
		cdo_cell(table, cdo_kind_name(diff->patched.items[i].kind));
		cdo_cell_u64(table, diff->patched.items[i].size);
		cdo_cell(table, item_name(diff, &diff->patched, i));
	}
}

static const struct {
	const char *name;
	void (*dump)(struct cdo_diff *diff, struct cdo_table *table);
} phases[CDO_N_PHASES] = {
	[CDO_PHASE_ITEMS] = { "items", dump_items },
	[CDO_PHASE_RELOCATIONS] = { "relocations", dump_relocations },
	[CDO_PHASE_TWINS] = { "twins", dump_twins },
	[CDO_PHASE_VERDICTS] = { "verdicts", dump_verdicts },
	[CDO_PHASE_TYPES] = { "types", dump_types },
	[CDO_PHASE_SELECTION] = { "selection", dump_selection },
};

enum cdo_phase cdo_phase_named(const char *name)
{
	enum cdo_phase phase = CDO_PHASE_ITEMS;

	while (phase < CDO_N_PHASES && strcmp(phases[phase].name, name) != 0)
		phase++;
	return phase;
}

/* Why a phase has found nothing, if that needs words. */
static const char *note_of(const struct cdo_diff *diff, enum cdo_phase phase)
{
	if (phase != CDO_PHASE_TYPES)
		return NULL;
	return diff->is_types_checked ? cdo_unchecked_types(diff) : "no function is changed or new";
}

void cdo_dump(struct cdo_diff *diff, enum cdo_phase phase, bool json, FILE *out)
{
	struct cdo_table table = { .arena = diff->arena };
	const char *note = note_of(diff, phase);
	struct lp_json doc;

	phases[phase].dump(diff, &table);
	if (!json && note)
		fprintf(out, "%s are not compared: %s\n", phases[phase].name, note);
	else if (!json)
		cdo_print_table(&table, out);
	if (!json)
		return;
	lp_json_init(&doc, out);
	lp_json_object(&doc, NULL);
	lp_json_str(&doc, "object", diff->object);
	cdo_table_to_json(&table, phases[phase].name, &doc);
	if (note)
		lp_json_str(&doc, "unchecked", note);
	lp_json_end(&doc);
	lp_json_finish(&doc);
}
