/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helpers of clone.c: undefined symbols that stand for what the running program has, copies of
 * single strings and constants, and the bytes of the original functions.
 */
#include <string.h>

#include "create-diff-object/diff.h"

#define MAX_DEPTH 6 /* of originals that refer to nameless originals */

u32 cdo_undefined_symbol(struct cdo_output *o, const char *name, const struct lp_symbol *like)
{
	u32 id = lp_map_get_str(&o->undefined, name);

	if (id != LP_MAP_NONE)
		return id;
	struct lp_symbol sym = { .name = name,
				 .type = like->type == STT_TLS ? STT_TLS : STT_NOTYPE,
				 .bind = like->bind == STB_WEAK && like->shndx == SHN_UNDEF
						 ? STB_WEAK
						 : STB_GLOBAL,
				 .shndx = SHN_UNDEF };

	if (like->shndx == LP_SHN_ABS) {
		sym.bind = STB_LOCAL;
		sym.shndx = LP_SHN_ABS;
		sym.value = like->value;
	}
	id = lp_out_symbol(o->out, &sym);
	lp_map_set_str(o->diff->arena, &o->undefined, name, id);
	return id;
}

u32 cdo_running_symbol(struct cdo_output *o, u32 orig_item)
{
	const struct cdo_item *item = &o->diff->orig.items[orig_item];
	const struct lp_symbol *sym = &o->diff->orig.elf->symbols[item->sym];
	const char *name = item->name;
	u32 position = o->diff->orig.position[item->sym];

	if (position)
		name = lp_printf(o->diff->arena, "%s!%u", name, position);
	if (sym->bind == STB_LOCAL)
		name = lp_mark_name(o->diff->arena, LP_MARK_REF, o->diff->object, name);
	return cdo_undefined_symbol(o, name, sym);
}

/* Where a string or constant of that alignment goes: one section for each, so that what is behind
 * another keeps what it needs, and does not seem to need more. */
static u32 pool_of(struct cdo_output *o, u32 *pools, const char *name, u64 align)
{
	u32 log = (u32)__builtin_ctzll(align ? align : 1);

	if (log >= CDO_N_POOLS)
		log = CDO_N_POOLS - 1;
	if (!pools[log])
		pools[log] =
			lp_out_section(o->out, lp_printf(o->diff->arena, "%s%u", name, 1U << log),
				       SHT_PROGBITS, SHF_ALLOC, (u64)1 << log, 0);
	return pools[log];
}

u32 cdo_constant_symbol(struct cdo_output *o, const struct cdo_side *side,
			const struct cdo_target *target)
{
	const struct lp_section *sec = &side->elf->sections[target->idx];
	const u8 *bytes = sec->data + target->start;
	bool is_string = target->kind == CDO_REF_STRING;
	/* The first byte of the key keeps strings and constants of equal bytes apart. */
	u8 *key = lp_alloc(o->diff->arena, target->size + 2);

	key[0] = (u8)target->kind;
	key[1] = (u8)sec->align;
	memcpy(key + 2, bytes, target->size);
	u32 id = lp_map_get(&o->constants, key, target->size + 2);

	if (id != LP_MAP_NONE)
		return id;
	u32 section = is_string ? pool_of(o, o->strings, LP_SEC_STRINGS, sec->align)
				: pool_of(o, o->pools, LP_SEC_CONSTANTS, target->size);
	const char *name =
		is_string ? lp_printf(o->diff->arena, LP_STRING_NAME "%u", o->n_strings++)
			  : lp_printf(o->diff->arena, LP_CONSTANT_NAME "%u", o->n_constants++);
	struct lp_symbol sym = { .name = name,
				 .size = target->size,
				 .type = STT_OBJECT,
				 .bind = STB_LOCAL,
				 .shndx = section };

	sym.value = lp_out_append(o->out, section, bytes, target->size, sec->align);
	id = lp_out_symbol(o->out, &sym);
	lp_map_set(o->diff->arena, &o->constants, key, target->size + 2, id);
	return id;
}

/* True if the executable has a symbol for ITEM. */
static bool has_name(const struct cdo_side *side, u32 item)
{
	u32 sym = side->items[item].sym;

	return sym && !cdo_is_private(&side->elf->symbols[sym]);
}

/* Nameless bytes that the executable must have as they are. A chain of them (a constant with a
 * pointer to a constant) is followed as far as compilers make them. */
static bool is_evidence(const struct cdo_output *o, u32 orig_item)
{
	const struct cdo_item *item = &o->diff->orig.items[orig_item];

	return !item->is_writable && o->diff->orig.elf->sections[item->section].data &&
	       o->depth < MAX_DEPTH;
}

/* The symbol for what a relocation of an original leads to; 0 when it cannot be compared. */
static u32 evidence_symbol(struct cdo_output *o, const struct cdo_target *target)
{
	const struct cdo_side *side = &o->diff->orig;

	switch (target->kind) {
	case CDO_REF_UNDEF:
		return cdo_undefined_symbol(o, side->elf->symbols[target->idx].name,
					    &side->elf->symbols[target->idx]);
	case CDO_REF_STRING:
	case CDO_REF_CONST:
		return cdo_constant_symbol(o, side, target);
	case CDO_REF_ITEM:
		if (has_name(side, target->idx))
			return cdo_running_symbol(o, target->idx);
		return is_evidence(o, target->idx) ? cdo_put_original(o, target->idx) : 0;
	case CDO_REF_NONE:
	case CDO_REF_LOST:
		break;
	}
	return 0;
}

/* A jump table, or another constant without a name, goes by its place in the original. */
static const char *evidence_name(const struct cdo_output *o, u32 orig_item)
{
	if (!has_name(&o->diff->orig, orig_item))
		return lp_printf(o->diff->arena, "old.%u", orig_item);
	return lp_mark_name(o->diff->arena, LP_MARK_OLD, o->diff->object,
			    o->diff->orig.items[orig_item].name);
}

/*
 * The original function or table as evidence: extract-patch applies the relocations and compares
 * with the executable. What it refers to and has no name in the executable (strings, constants,
 * jump tables) comes along and is compared as well. A field that leads nowhere is marked with
 * R_X86_64_NONE and its width as addend; that many bytes are not compared.
 */
u32 cdo_put_original(struct cdo_output *o, u32 orig_item)
{
	const struct cdo_side *side = &o->diff->orig;
	const struct cdo_item *item = &side->items[orig_item];
	const struct lp_section *sec = &side->elf->sections[item->section];
	const struct lp_symbol *from = &side->elf->symbols[item->sym];
	u64 size = item->sym && from->size ? from->size : item->size;
	bool is_code = item->kind != CDO_DATA && item->kind != CDO_CONTENT;
	u32 section;

	if (o->originals[orig_item])
		return o->originals[orig_item];
	section = lp_out_section(o->out, lp_printf(o->diff->arena, "%s%s", LP_SEC_OLD, item->name),
				 sec->data ? SHT_PROGBITS : SHT_NOBITS, is_code ? SHF_EXECINSTR : 0,
				 1, 0);
	struct lp_symbol sym = { .name = evidence_name(o, orig_item),
				 .size = size,
				 .type = is_code ? STT_FUNC : STT_OBJECT,
				 .bind = STB_LOCAL,
				 .shndx = section };

	lp_out_append(o->out, section, lp_section_at(sec, item->off), size, 1);
	/* Before its relocations: a jump table leads back to its function. */
	o->originals[orig_item] = lp_out_symbol(o->out, &sym);
	o->depth++;
	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		const struct lp_reloc *rel = &side->elf->rels[i];
		const struct cdo_target *target = &side->targets[i];
		u32 width = lp_reloc_width(rel->type), to;
		u64 off = rel->off - item->off;

		if (target->kind == CDO_REF_NONE || !lp_in_range(off, width, size))
			continue;
		to = evidence_symbol(o, target);
		if (to)
			lp_out_reloc(o->out, section, off, rel->type, to, target->addend);
		else
			lp_out_reloc(o->out, section, off, R_X86_64_NONE, 0, width);
	}
	o->depth--;
	return o->originals[orig_item];
}
