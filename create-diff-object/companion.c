/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The debug information of the patched object as a file beside the output: for debuggers, never
 * loaded. What is in the output keeps its section, name and size here but not its contents, so
 * that `add-symbol-file FILE -s .text.f ADDRESS` finds it; addresses of all other code become the
 * value that DWARF readers skip, because that code is the running program's.
 */
#include <string.h>

#include "create-diff-object/diff.h"

struct companion {
	const struct cdo_diff *diff;
	struct lp_out *out;
	u32 *copies; /* per section of the patched object: its copy, or 0 */
};

static bool is_debug(const struct lp_section *sec)
{
	return !strncmp(sec->name, ".debug_", strlen(".debug_")) && sec->data;
}

static void put_code(struct companion *c, u32 idx)
{
	const struct cdo_side *side = &c->diff->patched;
	const struct cdo_item *item = &side->items[idx];
	const struct lp_section *sec = &side->elf->sections[item->section];
	struct lp_symbol sym = { .name = item->name,
				 .value = item->off,
				 .size = item->size,
				 .type = STT_NOTYPE,
				 .bind = STB_LOCAL };

	if (!c->copies[item->section]) {
		u32 copy = lp_out_section(c->out, sec->name, SHT_NOBITS,
					  sec->flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR),
					  sec->align, 0);

		lp_out_append(c->out, copy, NULL, sec->size, 1);
		c->copies[item->section] = copy;
	}
	sym.shndx = c->copies[item->section];
	if (item->sym) {
		sym.type = side->elf->symbols[item->sym].type;
		lp_out_symbol(c->out, &sym);
	}
}

/* True if the place VALUE of SECTION is in the output, or in debug information. */
static bool is_known(const struct companion *c, u32 section, u64 value)
{
	const struct cdo_side *side = &c->diff->patched;

	if (!c->copies[section] || is_debug(&side->elf->sections[section]))
		return c->copies[section] != 0;
	for (u32 i = side->first_item[section]; i < side->first_item[section + 1]; i++) {
		const struct cdo_item *item = &side->items[i];

		if (c->diff->selected[i] && value >= item->off && value - item->off <= item->size)
			return true;
	}
	return false;
}

/*
 * The value of an address that means nothing: the greatest one, but in the old lists of ranges
 * and locations, where that would choose a new base, 1.
 */
static void put_tombstone(const struct companion *c, const struct lp_reloc *rel)
{
	const char *name = c->diff->patched.elf->sections[rel->section].name;
	bool is_list = !strcmp(name, ".debug_ranges") || !strcmp(name, ".debug_loc");
	u64 size, value = is_list ? 1 : UINT64_MAX;
	u8 *data = lp_out_data(c->out, c->copies[rel->section], &size);

	memcpy(data + rel->off, &value, lp_reloc_width(rel->type));
}

static void put_reloc(struct companion *c, const struct lp_reloc *rel)
{
	const struct lp_elf *elf = c->diff->patched.elf;
	const struct lp_symbol *sym = &elf->symbols[rel->sym];
	u64 value = sym->value + (u64)rel->addend;

	if (sym->shndx < elf->n_sections && is_known(c, sym->shndx, value))
		lp_out_reloc(c->out, c->copies[rel->section], rel->off, rel->type,
			     lp_out_section_symbol(c->out, c->copies[sym->shndx]), (s64)value);
	else
		put_tombstone(c, rel);
}

void cdo_put_companion(const struct cdo_diff *diff, struct lp_out *out)
{
	const struct lp_elf *elf = diff->patched.elf;
	struct companion c = { .diff = diff,
			       .out = out,
			       .copies = lp_new_array(diff->arena, elf->n_sections, u32) };

	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if (diff->selected[i])
			put_code(&c, i);
	}
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (!is_debug(sec))
			continue;
		c.copies[i] = lp_out_section(out, sec->name, SHT_PROGBITS,
					     sec->flags & (SHF_MERGE | SHF_STRINGS), sec->align,
					     sec->entsize);
		lp_out_append(out, c.copies[i], sec->data, sec->size, 1);
	}
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		for (u32 k = 0; is_debug(sec) && k < sec->n_rels; k++)
			put_reloc(&c, &elf->rels[sec->rel_first + k]);
	}
}
