/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `.lp.info` records: what the original object was, and what has changed. */
#include <string.h>

#include "create-diff-object/explain.h"
#include "create-diff-object/rules.h"

/* An object has one source, unless `ld -r` has merged it. */
static void list_sources(struct cdo_diff *diff, struct lp_info *info)
{
	const struct lp_elf *elf = diff->orig.elf;

	for (u32 i = 1; i < elf->n_symbols; i++) {
		const char *name = elf->symbols[i].name;

		if (elf->symbols[i].type != STT_FILE || !*name || strpbrk(name, "\n"))
			continue;
		if (!info->source)
			info->source = name;
		else
			lp_vec_push(diff->arena, &info->more_sources, name);
	}
}

const char *cdo_compiler(const struct lp_elf *elf)
{
	const struct lp_section *sec = &elf->sections[lp_elf_section(elf, ".comment")];

	for (u64 off = 0; sec->data && off < sec->size; off++) {
		const char *text = lp_section_string(sec, off);

		if (text && *text && !strpbrk(text, "\n"))
			return text;
	}
	return NULL;
}

/* What a record of .lp.info is about. */
static bool is_listed(const struct lp_symbol *sym)
{
	return lp_info_kind(sym) && sym->shndx != SHN_UNDEF && *sym->name;
}

void cdo_list_positions(struct lp_arena *arena, struct cdo_side *side)
{
	const struct lp_elf *elf = side->elf;
	struct lp_map of_name = { 0 }; /* the last symbol of that name */

	side->position = lp_new_array(arena, elf->n_symbols, u32);
	for (u32 i = 1; i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];
		u32 twin;

		if (sym->bind != STB_LOCAL || !is_listed(sym))
			continue;
		twin = lp_map_set_str(arena, &of_name, sym->name, i);
		if (twin == LP_MAP_NONE)
			continue;
		if (!side->position[twin])
			side->position[twin] = 1;
		side->position[i] = side->position[twin] + 1;
	}
}

static void list_symbols(const struct cdo_diff *diff, struct lp_info *info)
{
	const struct lp_elf *elf = diff->orig.elf;

	for (u32 i = 1; i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];

		if (!is_listed(sym))
			continue;
		lp_vec_push(diff->arena, &info->symbols,
			    ((struct lp_info_symbol){ .kind = lp_info_kind(sym),
						      .is_local = sym->bind == STB_LOCAL,
						      .size = sym->size,
						      .name = sym->name }));
	}
}

/* Size as the compiler wrote it; a section may be a little longer. */
static u64 symbol_size(const struct cdo_side *side, u32 idx)
{
	const struct cdo_item *item = &side->items[idx];
	u64 size = item->sym ? side->elf->symbols[item->sym].size : 0;

	return size ? size : item->size;
}

static void list_item(struct cdo_diff *diff, const struct lp_strs *users, u32 idx,
		      struct lp_info *info)
{
	const struct cdo_item *item = &diff->patched.items[idx];
	struct lp_info_change change = { .name = item->name,
					 .new_size = symbol_size(&diff->patched, idx) };

	if (item->kind == CDO_COLD || item->kind == CDO_CONTENT)
		return; /* belongs to a function that is listed */
	change.kind = item->kind == CDO_FUNC ? LP_ADDED : LP_DATA;
	if (item->kind == CDO_AUTHOR) {
		change.kind = LP_HOOK;
		change.hook = cdo_hook_kind(&diff->patched, idx);
		change.name = cdo_hook_name(&diff->patched, idx);
	}
	if (diff->verdict[idx] == CDO_CHANGED) {
		u32 orig = diff->patched.twin[idx];
		u32 cold = diff->orig.items[orig].cold;

		change.kind = diff->is_table[idx] ? LP_TABLE : LP_CHANGED;
		change.name = diff->orig.items[orig].name;
		change.old_size = symbol_size(&diff->orig, orig);
		if (cold != CDO_NONE) {
			change.cold = diff->orig.items[cold].name;
			change.cold_size = symbol_size(&diff->orig, cold);
		}
		change.why = cdo_text_of_why(diff, idx);
	} else if (diff->verdict[idx] == CDO_NEW) {
		change.why = cdo_text_of_users(diff, &users[idx]);
	}
	lp_vec_push(diff->arena, &info->changes, change);
	lp_vec_push(diff->arena, &diff->listed, idx);
}

static void list_ignored(struct cdo_diff *diff, const struct cdo_allowed *entry,
			 struct lp_info *info)
{
	lp_vec_push(diff->arena, &info->changes,
		    ((struct lp_info_change){
			    .kind = LP_IGNORED, .rule = entry->rule, .name = entry->name }));
	lp_vec_push(diff->arena, &diff->listed, CDO_NONE);
}

void cdo_make_info(struct cdo_diff *diff, struct lp_info *ret)
{
	*ret = (struct lp_info){ .object = diff->object, .compiler = cdo_compiler(diff->orig.elf) };
	const struct lp_strs *users = cdo_find_users(diff);

	diff->listed.n = 0;
	cdo_rule_ids(diff->arena, &ret->passed);
	list_sources(diff, ret);
	list_symbols(diff, ret);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (diff->selected[i])
			list_item(diff, users, i, ret);
	}
	for (size_t i = 0; i < diff->allowed.n; i++)
		list_ignored(diff, &diff->allowed.items[i], ret);
	for (size_t i = 0; i < diff->ignored.n; i++)
		list_ignored(diff, &diff->ignored.items[i], ret);
	for (size_t i = 0; i < diff->advice.n; i++)
		lp_vec_push(diff->arena, &ret->advice, diff->advice.items[i]);
	cdo_find_pins(diff, ret);
}
