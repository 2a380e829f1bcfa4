/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts the allocated sections of an object into items. */
#include <string.h>

#include "create-diff-object/diff.h"

struct builder {
	struct lp_arena *arena;
	struct cdo_side *side;
	LP_VEC(struct cdo_item) items;
};

/* Symbols that own bytes; labels and markers only point somewhere. */
static bool is_owner(const struct lp_symbol *sym)
{
	return sym->type == STT_FUNC || sym->type == STT_OBJECT || sym->type == STT_TLS ||
	       sym->type == STT_GNU_IFUNC;
}

static bool is_content_section(const struct lp_section *sec)
{
	return !(sec->flags & (SHF_WRITE | SHF_EXECINSTR)) || cdo_is_relro_section(sec->name);
}

static enum cdo_kind kind_of(const struct lp_section *sec, const struct lp_symbol *sym,
			     const char *base)
{
	if (cdo_is_ctor_section(sec))
		return CDO_CTORS;
	if (cdo_is_author_section(sec->name))
		return CDO_AUTHOR;
	if (sec->flags & SHF_TLS)
		return CDO_TLS;
	if (sec->flags & SHF_EXECINSTR) {
		if (!sym)
			return CDO_ODD;
		return cdo_is_cold_name(sym->name) ? CDO_COLD : CDO_FUNC;
	}
	if (!sym)
		return is_content_section(sec) && cdo_is_known_section(sec->name) ? CDO_CONTENT
										  : CDO_ODD;
	if (sym->bind == STB_LOCAL && cdo_is_compiler_object(base) && is_content_section(sec))
		return CDO_CONTENT;
	return CDO_DATA;
}

static u32 add_item(struct builder *b, u32 section, u64 off, u64 size, u32 sym_idx)
{
	const struct lp_elf *elf = b->side->elf;
	const struct lp_section *sec = &elf->sections[section];
	const struct lp_symbol *sym = sym_idx ? &elf->symbols[sym_idx] : NULL;
	const char *name = sym ? sym->name : sec->name;
	const char *base = cdo_base_name(b->arena, name);
	struct cdo_item item = {
		.kind = kind_of(sec, sym, base),
		.section = section,
		.off = off,
		.size = size,
		.sym = sym_idx,
		.name = name,
		.base = base,
		.is_writable = (sec->flags & SHF_WRITE) && !cdo_is_relro_section(sec->name),
		.is_known_use = cdo_is_known_section(sec->name),
		.parent = CDO_NONE,
		.cold = CDO_NONE,
		.next_in_name = CDO_NONE,
	};

	lp_vec_push(b->arena, &b->items, item);
	return (u32)b->items.n - 1;
}

u32 cdo_first_reloc(const struct lp_elf *elf, u32 section, u64 off)
{
	u32 lo = elf->sections[section].rel_first, hi = lo + elf->sections[section].n_rels;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (elf->rels[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Padding: zeros between objects, the bytes of long nops and traps between functions. */
static bool is_padding(const struct lp_section *sec, u8 byte)
{
	static const u8 nops[] = {
		0x90, 0x66, 0x67, 0x2e, 0x0f, 0x1f, 0x40, 0x44, 0x80, 0x84, 0xcc
	};

	return byte == 0 || (sec->flags & SHF_EXECINSTR && memchr(nops, byte, sizeof(nops)));
}

/* Bytes between the symbols are an item of their own if they say anything. */
static void add_gap(struct builder *b, u32 section, u64 off, u64 end)
{
	const struct lp_elf *elf = b->side->elf;
	const struct lp_section *sec = &elf->sections[section];

	if (end <= off)
		return;
	bool says = cdo_first_reloc(elf, section, off) != cdo_first_reloc(elf, section, end);

	for (u64 i = off; sec->data && i < end && !says; i++)
		says = !is_padding(sec, sec->data[i]);
	if (says)
		add_item(b, section, off, end - off, 0);
}

/* Of aliases, a global name is better than a local one. */
static bool is_better(const struct lp_symbol *a, const struct lp_symbol *b)
{
	return a->bind != STB_LOCAL && b->bind == STB_LOCAL;
}

/* SYM begins inside of ITEM, or with it. */
static void add_alias(struct builder *b, struct cdo_item *item, u32 sym_idx)
{
	const struct lp_elf *elf = b->side->elf;
	const struct lp_symbol *sym = &elf->symbols[sym_idx];

	if (sym->value + sym->size > item->off + item->size)
		item->size = sym->value + sym->size - item->off;
	if (sym->value == item->off && is_better(sym, &elf->symbols[item->sym])) {
		item->sym = sym_idx;
		item->name = sym->name;
		item->base = cdo_base_name(b->arena, sym->name);
	}
}

static void cut_section(struct builder *b, u32 section)
{
	const struct lp_elf *elf = b->side->elf;
	const struct lp_section *sec = &elf->sections[section];
	const u32 *list = elf->by_section + sec->sym_first;
	u32 n_before = (u32)b->items.n;
	u64 covered = 0;

	for (u32 i = 0; i < sec->n_syms; i++) {
		const struct lp_symbol *sym = &elf->symbols[list[i]];
		struct cdo_item *last =
			b->items.n > n_before ? &b->items.items[b->items.n - 1] : NULL;

		if (!is_owner(sym))
			continue;
		if (last && (sym->value < last->off + last->size || sym->value == last->off)) {
			add_alias(b, last, list[i]);
		} else {
			if (last && !last->size) /* assembler code that gives no size */
				last->size = sym->value - last->off;
			if (last)
				covered = last->off + last->size;
			add_gap(b, section, covered, sym->value);
			add_item(b, section, sym->value, sym->size, list[i]);
		}
		b->side->item_of_sym[list[i]] = (u32)b->items.n - 1;
	}
	if (b->items.n == n_before) {
		if (sec->size)
			add_item(b, section, 0, sec->size, 0);
		return;
	}
	struct cdo_item *last = &b->items.items[b->items.n - 1];
	bool is_only = b->items.n == n_before + 1 && last->off == 0;

	/* A section of one symbol is all its own, also what is behind the size that the compiler
	 * wrote (an initialised flexible array member, padding). */
	if (is_only || !last->size)
		last->size = sec->size - last->off;
	add_gap(b, section, last->off + last->size, sec->size);
}

static void give_relocs(struct cdo_side *side)
{
	for (u32 i = 0; i < side->n_items; i++) {
		struct cdo_item *item = &side->items[i];

		item->rel_first = cdo_first_reloc(side->elf, item->section, item->off);
		item->n_rels = cdo_first_reloc(side->elf, item->section, item->off + item->size) -
			       item->rel_first;
	}
}

/* `f.cold` belongs to `f`, also `f.part.0.cold` to `f.part.0` and `f.cold.1` to `f`. */
static void link_cold_parts(struct lp_arena *arena, struct cdo_side *side)
{
	struct lp_map funcs = { 0 };

	for (u32 i = 0; i < side->n_items; i++) {
		if (side->items[i].kind == CDO_FUNC)
			lp_map_set_str(arena, &funcs, side->items[i].name, i);
	}
	for (u32 i = 0; i < side->n_items; i++) {
		struct cdo_item *item = &side->items[i];

		if (item->kind != CDO_COLD)
			continue;
		const char *dot = strstr(item->name, ".cold");
		/* A global alias may have given it another name. */
		u32 parent = dot ? lp_map_get(&funcs, item->name, (size_t)(dot - item->name))
				 : LP_MAP_NONE;

		if (parent == LP_MAP_NONE || side->items[parent].cold != CDO_NONE) {
			item->kind = CDO_FUNC; /* on its own after all */
			continue;
		}
		item->parent = parent;
		side->items[parent].cold = i;
	}
}

/*
 * Strings and constants that the linker may merge are nothing but their contents. A section
 * with a symbol of its own is more than that: clang keeps `static const int limit[4]` in
 * .rodata.cst16. (Its strings have symbols, too, but private ones: `.L.str.3`.)
 */
static enum cdo_merge merge_of(const struct lp_elf *elf, const struct lp_section *sec)
{
	const u64 max_align = 64; /* of the longest vector register */

	if (!(sec->flags & SHF_MERGE) || !sec->entsize || !sec->data || sec->n_rels ||
	    sec->align > max_align)
		return CDO_PLAIN;
	for (u32 i = 0; i < sec->n_syms; i++) {
		const struct lp_symbol *sym = &elf->symbols[elf->by_section[sec->sym_first + i]];

		if (is_owner(sym) && !cdo_is_private(sym))
			return CDO_PLAIN;
	}
	return sec->flags & SHF_STRINGS ? CDO_STRINGS : CDO_POOL;
}

static bool has_items(const struct cdo_side *side, u32 section)
{
	const struct lp_section *sec = &side->elf->sections[section];

	return sec->flags & SHF_ALLOC && !cdo_is_ignored_section(sec) &&
	       side->merge[section] == CDO_PLAIN;
}

void cdo_build_items(struct lp_arena *arena, struct cdo_side *side)
{
	const struct lp_elf *elf = side->elf;
	struct builder b = { .arena = arena, .side = side };

	side->item_of_sym = lp_new_array(arena, elf->n_symbols, u32);
	side->merge = lp_new_array(arena, elf->n_sections, enum cdo_merge);
	side->first_item = lp_new_array(arena, elf->n_sections + 1, u32);
	memset(side->item_of_sym, 0xff, elf->n_symbols * sizeof(u32));
	for (u32 i = 0; i < elf->n_sections; i++) {
		side->first_item[i] = (u32)b.items.n;
		side->merge[i] = merge_of(elf, &elf->sections[i]);
		if (has_items(side, i))
			cut_section(&b, i);
	}
	side->first_item[elf->n_sections] = (u32)b.items.n;
	side->items = b.items.items;
	side->n_items = (u32)b.items.n;
	side->content = lp_new_array(arena, side->n_items, u64);
	side->twin = lp_new_array(arena, side->n_items, u32);
	memset(side->twin, 0xff, side->n_items * sizeof(u32));
	give_relocs(side);
	link_cold_parts(arena, side);
}
