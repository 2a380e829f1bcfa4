/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes into the ELF loader. What it takes is used to the full: every name, every byte of
 * every section, every relocation and lookup, without a check, as the tools do.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/diffobj.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

volatile u64 fuzz_sink; /* keeps the reads from being optimised away */

static u64 touch_sections(const struct lp_elf *elf)
{
	u64 sum = 0;

	for (u32 i = 0; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		sum += strlen(sec->name) + lp_elf_section(elf, sec->name);
		if (sec->n_rels && !sec->data)
			abort();
		if (sec->data && sec->size)
			sum += lp_hash(0, sec->data, sec->size);
		for (u32 k = 0; k < sec->n_rels; k++) {
			const struct lp_reloc *rel = &elf->rels[sec->rel_first + k];
			const struct lp_symbol *sym = &elf->symbols[rel->sym];

			for (u32 b = 0; b < lp_reloc_width(rel->type); b++)
				sum += sec->data[rel->off + b];
			if (sym->shndx < elf->n_sections)
				sum += lp_elf_symbol_at(elf, sym->shndx,
							sym->value + (u64)rel->addend);
		}
		sum += elf->sections[sec->group].size;
	}
	return sum;
}

static u64 touch_symbols(const struct lp_elf *elf)
{
	u64 sum = 0;

	for (u32 i = 0; i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];

		sum += strlen(sym->name) + elf->symbols[sym->file].value;
		if (sym->shndx >= elf->n_sections || elf->type != ET_REL)
			continue;
		const struct lp_section *sec = &elf->sections[sym->shndx];

		for (u64 off = 0; sym->shndx && sec->data && off < sym->size; off++)
			sum += sec->data[sym->value + off];
	}
	for (size_t i = 0; i < elf->build_id_len; i++)
		sum += elf->build_id[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_arena arena = { 0 };
	const struct lp_elf *elf;
	struct lp_info_list list;
	struct lp_err *err = lp_elf_load_mem(&arena, "f", data, size,
					     LP_ELF_RELOCATABLE | LP_ELF_EXECUTABLE, &elf);

	if (!err) {
		fuzz_sink = touch_sections(elf) + touch_symbols(elf);
		err = lp_info_parse(&arena, elf, &list);
	}
	lp_err_destroy(err);
	lp_arena_deinit(&arena);
	return 0;
}
