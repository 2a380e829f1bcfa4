/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says for each relocation what it points at. A symbol of its own is taken as it is; a
 * section symbol or a label (`.text.f - 4`, `.LC7 - 4`) is traded for the item, the string
 * or the constant at that place, so that it does not matter in which order the compiler
 * laid things out.
 */
#include <string.h>

#include "create-diff-object/diff.h"

static bool is_pc_relative(u32 type)
{
	switch (type) {
	case R_X86_64_PC8:
	case R_X86_64_PC16:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
	case R_X86_64_PC64:
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
	case R_X86_64_GOTPC32:
	case R_X86_64_GOTTPOFF:
	case R_X86_64_TLSGD:
	case R_X86_64_TLSLD:
		return true;
	default:
		return false;
	}
}

/* What to add to the addend to get the place that is meant. Code counts from the end of the
 * instruction. A jump table in PIE holds `label - table` as a PC32 whose addend grows with
 * the offset in the table; such an addend is good as it is for comparing and cloning, and the
 * section alone (one function each) names the target. */
static s64 place_bias(const struct lp_section *sec, const struct lp_reloc *rel)
{
	if (!is_pc_relative(rel->type) || !(sec->flags & SHF_EXECINSTR) ||
	    rel->type == R_X86_64_PC64) /* no instruction has it: data between code */
		return 0;
	return (s64)lp_reloc_width(rel->type) + rel->tail;
}

static bool is_terminator(const struct lp_section *sec, u64 off)
{
	for (u64 i = 0; i < sec->entsize; i++) {
		if (sec->data[off + i])
			return false;
	}
	return true;
}

/* The string of SEC that holds the place OFF. */
static bool find_string(const struct lp_section *sec, u64 off, struct cdo_target *target)
{
	u64 width = sec->entsize, start = off - off % width, end = start;

	if (off >= sec->size || sec->size % width)
		return false;
	while (start >= width && !is_terminator(sec, start - width))
		start -= width;
	while (end < sec->size && !is_terminator(sec, end))
		end += width;
	if (end >= sec->size)
		return false;
	target->kind = CDO_REF_STRING;
	target->start = start;
	target->size = end + width - start;
	return true;
}

static bool find_constant(const struct lp_section *sec, u64 off, struct cdo_target *target)
{
	u64 start = off - off % sec->entsize;

	if (!lp_in_range(start, sec->entsize, sec->size))
		return false;
	target->kind = CDO_REF_CONST;
	target->start = start;
	target->size = sec->entsize;
	return true;
}

/* The item of SECTION at PLACE; the only one for whatever place, because a pointer may lie
 * before or behind an array (`table - 8(,%rax,8)`). */
static u32 find_item(const struct cdo_side *side, u32 section, u64 place)
{
	u32 lo = side->first_item[section], hi = side->first_item[section + 1];
	u32 end = hi;

	if (lo == hi)
		return CDO_NONE;
	if (hi - lo == 1)
		return lo;
	u32 first = lo;

	while (lo < hi) { /* first item behind the place */
		u32 mid = lo + (hi - lo) / 2;

		if (side->items[mid].off <= place)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == first || lo > end)
		return CDO_NONE;
	const struct cdo_item *item = &side->items[lo - 1];

	return place - item->off < item->size ? lo - 1 : CDO_NONE;
}

static struct cdo_target target_in_section(const struct cdo_side *side, u32 section, s64 value,
					   s64 bias)
{
	const struct lp_section *sec = &side->elf->sections[section];
	u64 place = (u64)(value + bias);
	struct cdo_target target = { .kind = CDO_REF_LOST, .idx = section, .addend = value };

	if ((side->merge[section] == CDO_STRINGS && find_string(sec, place, &target)) ||
	    (side->merge[section] == CDO_POOL && find_constant(sec, place, &target))) {
		target.addend = value - (s64)target.start;
		target.place = target.addend + bias;
		return target;
	}
	u32 item = find_item(side, section, place);

	if (item != CDO_NONE) {
		target.kind = CDO_REF_ITEM;
		target.idx = item;
		target.addend = value - (s64)side->items[item].off;
		target.place = target.addend + bias;
	}
	return target;
}

static struct cdo_target resolve(const struct cdo_side *side, const struct lp_reloc *rel)
{
	const struct lp_elf *elf = side->elf;
	const struct lp_symbol *sym = &elf->symbols[rel->sym];
	s64 bias = place_bias(&elf->sections[rel->section], rel);

	if (rel->type == R_X86_64_NONE || rel->sym == 0)
		return (struct cdo_target){ .kind = CDO_REF_NONE, .addend = rel->addend };
	if (sym->shndx == SHN_UNDEF || sym->shndx >= elf->n_sections)
		return (struct cdo_target){ .kind = CDO_REF_UNDEF,
					    .idx = rel->sym,
					    .addend = rel->addend,
					    .place = rel->addend + bias };
	if (side->item_of_sym[rel->sym] != CDO_NONE) {
		u32 item = side->item_of_sym[rel->sym];
		s64 delta = (s64)(sym->value - side->items[item].off);

		return (struct cdo_target){ .kind = CDO_REF_ITEM,
					    .idx = item,
					    .addend = rel->addend + delta,
					    .place = rel->addend + delta + bias };
	}
	/* A label says itself where its string or constant begins. */
	bool is_label = sym->type != STT_SECTION;
	struct cdo_target target =
		target_in_section(side, sym->shndx, (s64)sym->value + (is_label ? 0 : rel->addend),
				  is_label ? 0 : bias);

	if (is_label) {
		target.addend += rel->addend;
		target.place += rel->addend + bias;
	}
	return target;
}

/* `static void *const labels[] = { &&add, &&sub };` belongs to the body of its function: a
 * copy of the function needs a copy of the table. */
static void mark_label_tables(struct cdo_side *side)
{
	for (u32 i = 0; i < side->n_items; i++) {
		struct cdo_item *item = &side->items[i];

		if (item->kind != CDO_DATA || item->is_writable)
			continue;
		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			const struct cdo_target *target = &side->targets[k];

			if (target->kind == CDO_REF_ITEM && target->place != 0 &&
			    side->items[target->idx].kind == CDO_FUNC)
				item->kind = CDO_CONTENT;
		}
	}
}

void cdo_resolve(struct lp_arena *arena, struct cdo_side *side)
{
	const struct lp_elf *elf = side->elf;

	side->targets = lp_new_array(arena, elf->n_rels, struct cdo_target);
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (!(sec->flags & SHF_ALLOC))
			continue;
		for (u32 k = sec->rel_first; k < sec->rel_first + sec->n_rels; k++)
			side->targets[k] = resolve(side, &elf->rels[k]);
	}
	mark_label_tables(side);
}
