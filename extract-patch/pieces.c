// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cuts sections into pieces. With -ffunction-sections a section is one piece, but `ld -r`
 * joins sections of the same name, and strings and constants share a section anyway.
 */
#include <string.h>

#include "extract-patch/patch.h"
#include "extract-patch/rules.h"

bool ep_is_code(const struct lp_section *sec)
{
	return sec->flags & SHF_EXECINSTR;
}

/* The alignment that a piece at OFF of a section has there, which its code may rely on. */
static u64 align_at(const struct lp_section *sec, u64 off)
{
	u64 align = sec->align ? sec->align : 1;

	while (align > 1 && off & (align - 1))
		align >>= 1;
	return align;
}

/* Where a reference of the object goes in SECTION, or -1. */
static s64 reference_into(const struct lp_elf *elf, const struct lp_reloc *rel, u32 section)
{
	const struct lp_symbol *sym = &elf->symbols[rel->sym];

	const struct lp_section *from = &elf->sections[rel->section];

	if (!rel->sym || sym->shndx != section)
		return -1;
	/* Debug information refers to everything; only code and data cut. */
	if (!(from->flags & SHF_ALLOC) &&
	    strncmp(from->name, LP_SEC_OLD, strlen(LP_SEC_OLD)) != 0 &&
	    strncmp(from->name, LP_SEC_TABLE, strlen(LP_SEC_TABLE)) != 0)
		return -1;
	if (rel->type == R_X86_64_PC32 && ep_is_code(from))
		return (s64)sym->value + rel->addend + ep_reference_end(rel);
	return (s64)sym->value + rel->addend;
}

/*
 * Data without a symbol, such as the jump tables of a function in .rodata.FUNCTION: one begins
 * where code refers to, and ends where the next reference or symbol is.
 */
static void nameless_range(const struct lp_elf *elf, u32 section, struct ep_range *range)
{
	const struct lp_section *sec = &elf->sections[section];
	u64 at = range->off, start = 0, end = sec->size;

	for (u32 i = 0; i < elf->n_rels; i++) {
		s64 off = reference_into(elf, &elf->rels[i], section);

		if (off < 0 || (u64)off >= sec->size)
			continue;
		if ((u64)off <= at && (u64)off > start)
			start = (u64)off;
		if ((u64)off > at && (u64)off < end)
			end = (u64)off;
	}
	for (u32 i = 0; i < sec->n_syms; i++) {
		const struct lp_symbol *sym = &elf->symbols[elf->by_section[sec->sym_first + i]];

		if (sym->size && sym->value + sym->size <= at && sym->value + sym->size > start)
			start = sym->value + sym->size;
		if (sym->size && sym->value > at && sym->value < end)
			end = sym->value;
	}
	range->off = start;
	range->size = end - start;
}

static struct lp_err *string_range(const struct lp_elf *elf, u32 section, struct ep_range *range)
{
	const char *text = lp_section_string(&elf->sections[section], range->off);

	if (!text)
		return lp_err(LP_FAILED, "%s: %s+0x%llx: string does not end", elf->path,
			      elf->sections[section].name, (unsigned long long)range->off);
	range->size = strlen(text) + 1;
	return NULL;
}

struct lp_err *ep_range_at(const struct lp_elf *elf, u32 section, s64 off, struct ep_range *ret)
{
	const struct lp_section *sec = &elf->sections[section];

	/* One past the end, or before the start (`array - 8`), only makes sense for a section
	 * that holds one thing; it is a reference to that one. */
	if (off < 0)
		off = 0;
	if ((u64)off >= sec->size)
		off = sec->size ? (s64)sec->size - 1 : 0;
	*ret = (struct ep_range){ .off = (u64)off };
	if (lp_section_is_strings(sec)) {
		LP_TRY(string_range(elf, section, ret));
	} else if (sec->flags & SHF_MERGE && sec->entsize) {
		ret->off -= ret->off % sec->entsize;
		ret->size = sec->entsize;
	} else {
		ret->sym = lp_elf_symbol_at(elf, section, ret->off);
		if (ret->sym && elf->symbols[ret->sym].size) {
			ret->off = elf->symbols[ret->sym].value;
			ret->size = elf->symbols[ret->sym].size;
		} else if (!(sec->flags & SHF_EXECINSTR)) {
			nameless_range(elf, section, ret);
		} else {
			return ep_refuse("nameless-code",
					 "%s: %s+0x%llx: code that belongs to no function",
					 elf->path, sec->name, (unsigned long long)ret->off);
		}
	}
	if (!lp_in_range(ret->off, ret->size, sec->size))
		return lp_err(LP_FAILED, "%s: %s+0x%llx: '%s' ends outside of its section",
			      elf->path, sec->name, (unsigned long long)ret->off,
			      elf->symbols[ret->sym].name);
	ret->align = align_at(sec, ret->off);
	return NULL;
}

/* ---- pieces ---- */

static struct lp_err *area_of(const struct lp_elf *elf, const struct lp_section *sec,
			      enum ep_area *ret)
{
	if (!strncmp(sec->name, LP_SEC_TABLE, strlen(LP_SEC_TABLE))) {
		*ret = EP_RODATA; /* contents that are written elsewhere */
		return NULL;
	}
	if (!(sec->flags & SHF_ALLOC) || sec->flags & SHF_TLS)
		return ep_refuse("unplaceable-section", "%s: the patch refers to section '%s'",
				 elf->path, sec->name);
	if ((sec->flags & (SHF_WRITE | SHF_EXECINSTR)) == (SHF_WRITE | SHF_EXECINSTR))
		return ep_refuse("writable-code", "%s: section '%s' is writable and executable",
				 elf->path, sec->name);
	if (sec->flags & SHF_EXECINSTR)
		*ret = EP_TEXT;
	else if (!(sec->flags & SHF_WRITE) || !strncmp(sec->name, ".data.rel.ro", 12))
		*ret = EP_RODATA; /* relocated before it is placed: need not be writable */
	else
		*ret = sec->type == SHT_NOBITS ? EP_BSS : EP_DATA;
	return NULL;
}

/*
 * Within one section the assembler resolves calls of static functions itself, without leaving a
 * relocation: such code cannot be moved. `ld -r` only joins what had been apart.
 */
static struct lp_err *check_apart(const struct lp_elf *elf, u32 section,
				  const struct ep_range *range)
{
	const struct lp_section *sec = &elf->sections[section];

	for (u32 i = 0; i < sec->n_syms; i++) {
		const struct lp_symbol *sym = &elf->symbols[elf->by_section[sec->sym_first + i]];

		if (sym->type == STT_FUNC && sym->size &&
		    (sym->value < range->off || sym->value >= range->off + range->size))
			return ep_refuse("no-function-sections",
					 "%s: '%s' shares section '%s' with '%s'", elf->path,
					 elf->symbols[range->sym].name, sec->name, sym->name);
	}
	return NULL;
}

struct piece_key {
	u32 input, section;
	u64 off;
};

/* The bytes by which equal strings and constants meet, or NULL for other things. */
static const u8 *content_key(const struct lp_elf *elf, u32 section, const struct ep_range *range)
{
	return ep_is_constant(elf, section, range) ? elf->sections[section].data + range->off
						   : NULL;
}

static void name_piece(struct ep_patch *patch, struct ep_piece *piece, const struct lp_symbol *sym)
{
	const char *object;

	if (sym->type != STT_FUNC && sym->type != STT_OBJECT)
		return;
	(void)lp_mark_parse(patch->arena, sym->name, &object, &piece->name);
	piece->type = sym->type;
}

static u32 make_piece(struct ep_patch *patch, struct ep_piece *piece, const struct ep_range *range)
{
	const struct lp_elf *elf = patch->inputs.items[piece->input].elf;
	const struct lp_section *sec = &elf->sections[piece->section];

	piece->off = range->off;
	piece->size = range->size;
	piece->align = range->align;
	if (range->sym)
		name_piece(patch, piece, &elf->symbols[range->sym]);
	if (sec->data)
		piece->bytes = lp_memdup(patch->arena, sec->data + range->off, range->size);
	else if (piece->area != EP_BSS)
		piece->bytes = lp_alloc(patch->arena, range->size);
	lp_vec_push(patch->arena, &patch->pieces, *piece);
	return (u32)patch->pieces.n - 1;
}

struct lp_err *ep_piece_at(struct ep_patch *patch, u32 input, u32 section, s64 off, u32 *ret,
			   u64 *ret_off)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf;
	const struct lp_section *sec = &elf->sections[section];
	struct ep_piece piece = { .input = input, .section = section };
	struct piece_key key = { input, section, 0 };
	struct ep_range range;
	const u8 *content;

	LP_TRY(ep_range_at(elf, section, off, &range));
	key.off = *ret_off = range.off;
	*ret = lp_map_get(&patch->piece_map, &key, sizeof(key));
	if (*ret != LP_MAP_NONE)
		return NULL;
	LP_TRY(area_of(elf, sec, &piece.area));
	if (piece.area == EP_TEXT && patch->inputs.items[input].is_raw)
		LP_TRY(check_apart(elf, section, &range));
	content = content_key(elf, section, &range);
	if (content)
		*ret = lp_map_get(&patch->content_map, content, range.size);
	if (*ret == LP_MAP_NONE)
		*ret = make_piece(patch, &piece, &range);
	else if (patch->pieces.items[*ret].align < range.align)
		patch->pieces.items[*ret].align = range.align;
	if (content)
		lp_map_set(patch->arena, &patch->content_map, content, range.size, *ret);
	lp_map_set(patch->arena, &patch->piece_map, lp_memdup(patch->arena, &key, sizeof(key)),
		   sizeof(key), *ret);
	return NULL;
}

struct lp_err *ep_place_defined(struct ep_patch *patch, u32 input, const struct lp_symbol *sym,
				s64 off, struct ep_place *ret)
{
	struct ep_range range;
	u64 start;

	LP_TRY(ep_range_at(patch->inputs.items[input].elf, sym->shndx, off, &range));
	if (ep_find_constant(patch, input, sym->shndx, &range, ret)) {
		ret->off += (s64)(sym->value - range.off);
		return NULL;
	}
	ret->to = EP_TO_PIECE;
	LP_TRY(ep_piece_at(patch, input, sym->shndx, off, &ret->piece, &start));
	ret->off = (s64)(sym->value - start);
	return NULL;
}

u32 ep_piece_add(struct ep_patch *patch, enum ep_area area, const char *name, u8 type,
		 const void *bytes, u64 size, u64 align)
{
	struct ep_piece piece = { .input = EP_SYNTHETIC,
				  .area = area,
				  .name = name,
				  .type = type,
				  .size = size,
				  .align = align };

	piece.bytes = lp_memdup(patch->arena, bytes, size);
	lp_vec_push(patch->arena, &patch->pieces, piece);
	return (u32)patch->pieces.n - 1;
}

void ep_fix_add(struct ep_patch *patch, u32 piece, u64 off, u32 type, const struct ep_place *to,
		s64 addend)
{
	struct ep_fix fix = {
		.piece = piece, .off = off, .type = type, .to = *to, .addend = addend
	};

	lp_vec_push(patch->arena, &patch->fixes, fix);
}
