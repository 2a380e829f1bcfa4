/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helpers of clone.c: undefined symbols that stand for what the running program has, copies of
 * single strings and constants, and the bytes of the original functions.
 */
#include <string.h>

#include "create-diff-object/diff.h"

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

	if (sym->bind == STB_LOCAL)
		name = lp_mark_name(o->diff->arena, LP_MARK_REF, o->diff->object, name);
	return cdo_undefined_symbol(o, name, sym);
}

/* Where a constant of SIZE bytes goes: one section per size, so that each stays aligned. */
static u32 pool_of_size(struct cdo_output *o, u64 size)
{
	u32 log = (u32)__builtin_ctzll(size ? size : 1);

	if (log >= LP_ARRAY_SIZE(o->pools))
		log = LP_ARRAY_SIZE(o->pools) - 1;
	if (!o->pools[log])
		o->pools[log] = lp_out_section(
			o->out, lp_printf(o->diff->arena, ".rodata.cst.%u", 1U << log),
			SHT_PROGBITS, SHF_ALLOC, (u64)1 << log, 0);
	return o->pools[log];
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
	if (is_string && !o->strings)
		o->strings = lp_out_section(o->out, ".rodata.str", SHT_PROGBITS, SHF_ALLOC, 1, 0);
	u32 section = is_string ? o->strings : pool_of_size(o, target->size);
	const char *name = is_string ? lp_printf(o->diff->arena, "str.%u", o->n_strings++)
				     : lp_printf(o->diff->arena, "const.%u", o->n_constants++);
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

/*
 * The original function or table as evidence: extract-patch applies the relocations and compares
 * with the executable. A field whose target has no name there is marked with R_X86_64_NONE and its
 * width as addend; that many bytes are not compared.
 */
void cdo_put_original(struct cdo_output *o, u32 orig_item)
{
	const struct cdo_side *side = &o->diff->orig;
	const struct cdo_item *item = &side->items[orig_item];
	const struct lp_section *sec = &side->elf->sections[item->section];
	const struct lp_symbol *from = &side->elf->symbols[item->sym];
	u64 size = from->size ? from->size : item->size;
	u32 section =
		lp_out_section(o->out, lp_printf(o->diff->arena, "%s%s", LP_SEC_OLD, item->name),
			       SHT_PROGBITS, SHF_EXECINSTR, 1, 0);
	struct lp_symbol sym = { .name = lp_mark_name(o->diff->arena, LP_MARK_OLD, o->diff->object,
						      item->name),
				 .size = size,
				 .type = item->kind == CDO_DATA ? STT_OBJECT : STT_FUNC,
				 .bind = STB_LOCAL,
				 .shndx = section };

	lp_out_append(o->out, section, sec->data + item->off, size, 1);
	lp_out_symbol(o->out, &sym);
	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		const struct lp_reloc *rel = &side->elf->rels[i];
		const struct cdo_target *target = &side->targets[i];
		u32 width = lp_reloc_width(rel->type);
		u64 off = rel->off - item->off;

		if (target->kind == CDO_REF_NONE || !lp_in_range(off, width, size))
			continue;
		if (target->kind == CDO_REF_UNDEF)
			lp_out_reloc(o->out, section, off, rel->type,
				     cdo_undefined_symbol(o, side->elf->symbols[target->idx].name,
							  &side->elf->symbols[target->idx]),
				     target->addend);
		else if (target->kind == CDO_REF_ITEM && has_name(side, target->idx))
			lp_out_reloc(o->out, section, off, rel->type,
				     cdo_running_symbol(o, target->idx), target->addend);
		else if (item->kind == CDO_DATA &&
			 (target->kind == CDO_REF_STRING || target->kind == CDO_REF_CONST))
			lp_out_reloc(o->out, section, off, rel->type,
				     cdo_constant_symbol(o, side, target), target->addend);
		else
			lp_out_reloc(o->out, section, off, R_X86_64_NONE, 0, width);
	}
}
