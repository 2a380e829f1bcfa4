/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/dwarf_image.h"

#include <string.h>

static const char *const wanted[] = {
	".debug_info", ".debug_types",	  ".debug_abbrev",	".debug_str",
	".debug_line", ".debug_line_str", ".debug_str_offsets", ".debug_addr",
};

/* Between two sections, so that the end of one is not the begin of the next. */
#define GAP 16

struct part {	     /* where a section of the object went */
	u32 section; /* of the image, 0: it is not in there */
	u64 off;     /* in that section; address of an allocated section */
};

struct image {
	const struct lp_elf *elf;
	struct lp_out *out;
	struct part *parts; /* per section of the object */
};

static void add_parts(struct image *image, const char *name)
{
	u32 section = 0;

	for (u32 i = 1; i < image->elf->n_sections; i++) {
		const struct lp_section *sec = &image->elf->sections[i];

		if (!sec->data || strcmp(sec->name, name) != 0)
			continue;
		if (!section)
			section = lp_out_section(image->out, name, SHT_PROGBITS, 0, 1, 0);
		image->parts[i].section = section;
		image->parts[i].off = lp_out_append(image->out, section, sec->data, sec->size, 1);
	}
}

static void relocate(struct image *image, const struct lp_reloc *rel)
{
	const struct lp_symbol *sym = &image->elf->symbols[rel->sym];
	const struct part *part = &image->parts[rel->section];
	u64 value = sym->value + (u64)rel->addend, size;
	u32 width = lp_reloc_width(rel->type);
	u8 *data = lp_out_data(image->out, part->section, &size);

	if (rel->type != R_X86_64_32 && rel->type != R_X86_64_64)
		return; /* offsets of thread-local variables */
	if (sym->shndx < image->elf->n_sections)
		value += image->parts[sym->shndx].off;
	if (lp_in_range(part->off + rel->off, width, size))
		memcpy(data + part->off + rel->off, &value, width);
}

static bool has_address(const struct lp_section *sec)
{
	return (sec->flags & SHF_ALLOC) && sec->data;
}

u64 *lp_dwarf_bases(struct lp_arena *arena, const struct lp_elf *elf)
{
	u64 *bases = lp_new_array(arena, elf->n_sections, u64);
	u64 next = GAP;

	for (u32 i = 1; i < elf->n_sections; i++) {
		bases[i] = next;
		if (has_address(&elf->sections[i]))
			next = lp_align(next + elf->sections[i].size, GAP) + GAP;
	}
	return bases;
}

u32 lp_dwarf_section_at(const struct lp_elf *elf, const u64 *bases, u64 addr, u64 *ret_off)
{
	u32 first = 0, last = elf->n_sections; /* bases[first] <= addr < bases[last] */

	while (last - first > 1) {
		u32 mid = first + (last - first) / 2;

		if (bases[mid] <= addr)
			first = mid;
		else
			last = mid;
	}
	*ret_off = addr - bases[first];
	return has_address(&elf->sections[first]) && *ret_off <= elf->sections[first].size ? first
											   : 0;
}

struct lp_err *lp_dwarf_image(struct lp_arena *arena, const struct lp_elf *elf, const u8 **ret,
			      size_t *ret_size)
{
	const u64 *bases = lp_dwarf_bases(arena, elf);
	struct image image = {
		.elf = elf,
		.out = lp_out_create(arena),
		.parts = lp_new_array(arena, elf->n_sections, struct part),
	};
	u8 *bytes;

	*ret = NULL;
	*ret_size = 0;
	if (!elf->sections[lp_elf_section(elf, ".debug_info")].size)
		return NULL;
	for (u32 i = 1; i < elf->n_sections; i++)
		image.parts[i].off = has_address(&elf->sections[i]) ? bases[i] : 0;
	for (size_t i = 0; i < LP_ARRAY_SIZE(wanted); i++)
		add_parts(&image, wanted[i]);
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		for (u32 k = 0; image.parts[i].section && k < sec->n_rels; k++)
			relocate(&image, &elf->rels[sec->rel_first + k]);
	}
	LP_TRY(lp_out_bytes(image.out, &bytes, ret_size));
	*ret = bytes;
	return NULL;
}
