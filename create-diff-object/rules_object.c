/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about how the objects were made, and about kinds of symbols that can't be replaced. */
#include <string.h>

#include "create-diff-object/rules.h"

/* One without contents (SHT_NOBITS) has a size and no data. */
static bool is_same(const struct lp_section *a, const struct lp_section *b)
{
	if (a->size != b->size || !a->data != !b->data)
		return false;
	return !a->data || !memcmp(a->data, b->data, a->size);
}

void cdo_rule_compiler(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct lp_elf *orig = diff->orig.elf, *patched = diff->patched.elf;
	const struct lp_section *a = &orig->sections[lp_elf_section(orig, ".comment")];
	const struct lp_section *b = &patched->sections[lp_elf_section(patched, ".comment")];

	if (!is_same(a, b))
		cdo_find(diff, rule,
			 "the objects come from different compilers ('.comment' differs)");
}

static bool has_bytecode(const struct lp_elf *elf)
{
	for (u32 i = 1; i < elf->n_sections; i++) {
		const char *name = elf->sections[i].name;

		if (!strncmp(name, ".gnu.lto_", 9) || !strcmp(name, ".llvm.lto"))
			return true;
	}
	return false;
}

/* The linker compiles it: what runs is not the code of the objects, if they have any. */
void cdo_rule_bytecode(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct lp_elf *orig = diff->orig.elf, *patched = diff->patched.elf;

	if (orig->image_size == patched->image_size &&
	    !memcmp(orig->image, patched->image, orig->image_size))
		return;
	if (has_bytecode(orig) || has_bytecode(patched))
		cdo_find(diff, rule,
			 "the objects differ and have bytecode for link-time optimization, which "
			 "cannot be compared");
}

static u32 count_functions(const struct cdo_side *side, u32 section)
{
	u32 n = 0;

	for (u32 i = side->first_item[section]; i < side->first_item[section + 1]; i++)
		n += side->items[i].kind == CDO_FUNC || side->items[i].kind == CDO_COLD;
	return n;
}

/* A function that shares its section is called and jumped to without relocations. */
void cdo_rule_function_sections(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		u32 twin = diff->patched.twin[i];

		if (diff->verdict[i] == CDO_SAME || item->kind != CDO_FUNC)
			continue;
		if (count_functions(&diff->patched, item->section) < 2 &&
		    (twin == CDO_NONE ||
		     count_functions(&diff->orig, diff->orig.items[twin].section) < 2))
			continue;
		cdo_find(diff, rule, "function '%s' shares section '%s' with others", item->name,
			 diff->patched.elf->sections[item->section].name);
		return; /* it is the same for all of them */
	}
}

/* The names of the members of GROUP, so that two groups can be compared as text. */
static const char *group_text(struct lp_arena *arena, const struct lp_elf *elf, u32 group,
			      bool *ret_is_alloc)
{
	const struct lp_section *sec = &elf->sections[group];
	const char *text = elf->symbols[sec->info].name;

	*ret_is_alloc = false;
	for (u64 off = sizeof(u32); off < sec->size; off += sizeof(u32)) {
		u32 member;

		memcpy(&member, sec->data + off, sizeof(member));
		if (!(elf->sections[member].flags & SHF_ALLOC))
			continue;
		*ret_is_alloc = true;
		text = lp_printf(arena, "%s\n%s", text, elf->sections[member].name);
	}
	return text;
}

static void group_set(struct lp_arena *arena, const struct lp_elf *elf, struct lp_map *set)
{
	for (u32 i = 1; i < elf->n_sections; i++) {
		bool is_alloc;

		if (elf->sections[i].type != SHT_GROUP)
			continue;
		const char *text = group_text(arena, elf, i, &is_alloc);

		if (is_alloc) /* debug information comes in groups, too */
			lp_map_set_str(arena, set, text, i);
	}
}

void cdo_rule_group(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct lp_elf *patched = diff->patched.elf;
	struct lp_map before = { 0 }, now = { 0 };

	group_set(diff->arena, diff->orig.elf, &before);
	group_set(diff->arena, patched, &now);
	for (u32 i = 1; i < patched->n_sections; i++) {
		bool is_alloc;

		if (patched->sections[i].type != SHT_GROUP)
			continue;
		const char *text = group_text(diff->arena, patched, i, &is_alloc);

		if (is_alloc && lp_map_get_str(&before, text) == LP_MAP_NONE)
			cdo_find(diff, rule, "section group '%s' is new or has other members",
				 patched->symbols[patched->sections[i].info].name);
	}
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		u32 group = patched->sections[item->section].group;

		if (group && diff->verdict[i] == CDO_CHANGED && item->kind != CDO_COLD)
			cdo_find(diff, rule, "'%s' of section group '%s' has changed", item->name,
				 patched->symbols[patched->sections[group].info].name);
	}
}

/* True if a relocation of a selected or changed item uses symbol type TYPE or binding BIND. */
static void find_symbols(struct cdo_diff *diff, const struct cdo_rule *rule, u8 type, u8 bind,
			 const char *what)
{
	const struct cdo_side *side = &diff->patched;

	for (u32 i = 1; i < side->elf->n_symbols; i++) {
		const struct lp_symbol *sym = &side->elf->symbols[i];
		u32 item = side->item_of_sym[i];

		if (item == CDO_NONE || (sym->type != type && sym->bind != bind))
			continue;
		if (diff->verdict[item] != CDO_SAME)
			cdo_find(diff, rule, "%s '%s' %s", what, sym->name,
				 diff->verdict[item] == CDO_NEW ? "is new" : "has changed");
	}
}

void cdo_rule_ifunc(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	find_symbols(diff, rule, STT_GNU_IFUNC, UINT8_MAX, "indirect function");
}

void cdo_rule_unique(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	find_symbols(diff, rule, UINT8_MAX, STB_GNU_UNIQUE, "unique symbol");
}

static bool is_usable(const char *name)
{
	return *name && !strpbrk(name, "!\n");
}

void cdo_rule_name(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct lp_elf *orig = diff->orig.elf;

	if (!is_usable(diff->object))
		cdo_find(diff, rule, "the object name '%s' can't be part of a symbol name",
			 diff->object);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (diff->verdict[i] != CDO_SAME && !is_usable(diff->patched.items[i].name))
			cdo_find(diff, rule, "the symbol name '%s' can't be used",
				 diff->patched.items[i].name);
	}
	for (size_t i = 0; i < diff->allowed.n; i++) {
		if (!is_usable(diff->allowed.items[i].name))
			cdo_find(diff, rule, "the name '%s' can't be used",
				 diff->allowed.items[i].name);
	}
	/* Names of the original object are written down as evidence, one a line. */
	for (u32 i = 1; i < orig->n_symbols; i++) {
		if (diff->orig.item_of_sym[i] != CDO_NONE && !is_usable(orig->symbols[i].name))
			cdo_find(diff, rule, "the symbol name '%s' can't be used",
				 orig->symbols[i].name);
	}
}

/* A second global name for code or data that stays: nobody would define it. */
void cdo_rule_alias(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_side *side = &diff->patched;
	struct lp_map known = { 0 };

	for (u32 i = 1; i < diff->orig.elf->n_symbols; i++) {
		if (diff->orig.item_of_sym[i] != CDO_NONE)
			lp_map_set_str(diff->arena, &known, diff->orig.elf->symbols[i].name, i);
	}
	for (u32 i = 1; i < side->elf->n_symbols; i++) {
		const struct lp_symbol *sym = &side->elf->symbols[i];
		u32 item = side->item_of_sym[i];

		if (item == CDO_NONE || sym->bind == STB_LOCAL || i == side->items[item].sym ||
		    lp_map_get_str(&known, sym->name) != LP_MAP_NONE)
			continue;
		cdo_find(diff, rule, "'%s' is a new name for '%s'", sym->name,
			 side->items[item].name);
	}
}
