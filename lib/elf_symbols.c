/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The symbol table of the ELF model, and its index by section. */
#include <stdlib.h>
#include <string.h>

#include "lib/elf_load.h"

static struct lp_err *find_symtab(struct lp_elf_load *load, u32 *ret_shndx_table)
{
	const struct lp_elf *elf = load->elf;

	*ret_shndx_table = 0;
	for (u32 i = 1; i < elf->n_sections; i++) {
		if (elf->sections[i].type != SHT_SYMTAB)
			continue;
		if (load->symtab)
			return lp_elf_bad(load, i, "is a second symbol table");
		load->symtab = i;
	}
	for (u32 i = 1; i < elf->n_sections; i++) {
		if (elf->sections[i].type == SHT_SYMTAB_SHNDX &&
		    elf->sections[i].link == load->symtab)
			*ret_shndx_table = i;
	}
	if (!load->symtab && elf->type == ET_REL)
		return lp_err_advice(lp_err(LP_FAILED, "%s: has no symbol table", elf->path),
				     "use the object as the compiler wrote it, not stripped");
	return NULL;
}

/* Where a symbol is defined, with SHN_XINDEX undone. */
static struct lp_err *take_shndx(const struct lp_elf_load *load, u32 idx, const Elf64_Sym *raw,
				 u32 shndx_table, u32 *ret)
{
	const struct lp_section *table = &load->sections[shndx_table];

	if (raw->st_shndx == SHN_ABS) {
		*ret = LP_SHN_ABS;
		return NULL;
	}
	if (raw->st_shndx == SHN_COMMON) {
		*ret = LP_SHN_COMMON;
		return NULL;
	}
	*ret = raw->st_shndx;
	if (raw->st_shndx == SHN_XINDEX) {
		if (!shndx_table || (idx + 1) * sizeof(u32) > table->size)
			return lp_elf_bad(load, load->symtab,
					  "symbol %u has no entry in the table of large indices",
					  idx);
		memcpy(ret, table->data + idx * sizeof(u32), sizeof(u32));
	} else if (raw->st_shndx >= SHN_LORESERVE) {
		return lp_elf_bad(load, load->symtab, "symbol %u has the unknown section 0x%x", idx,
				  raw->st_shndx);
	}
	if (*ret >= load->elf->n_sections)
		return lp_elf_bad(load, load->symtab,
				  "symbol %u is in section %u, but there are %u", idx, *ret,
				  load->elf->n_sections);
	return NULL;
}

/* A symbol of a relocatable file must lie in its section; one of an executable, if it is code or
 * data. (Linkers put marks like _end behind or outside of sections.) */
static bool is_in_section(const struct lp_elf *elf, const struct lp_symbol *sym)
{
	const struct lp_section *sec = &elf->sections[sym->shndx];
	bool is_thing = sym->type == STT_FUNC || sym->type == STT_OBJECT;
	u64 base = elf->type == ET_REL ? 0 : sec->addr;

	if (elf->type != ET_REL && (!is_thing || sym->size == 0))
		return sym->value + sym->size >= sym->value;
	return sym->value >= base && lp_in_range(sym->value - base, sym->size, sec->size);
}

static struct lp_err *take_symbol(struct lp_elf_load *load, u32 idx, const Elf64_Sym *raw,
				  u32 shndx_table)
{
	const struct lp_section *strtab = &load->sections[load->sections[load->symtab].link];
	struct lp_symbol *sym = &load->symbols[idx];

	if (raw->st_name >= strtab->size)
		return lp_elf_bad(load, load->symtab, "the name of symbol %u lies outside of '%s'",
				  idx, strtab->name);
	*sym = (struct lp_symbol){ .name = (const char *)strtab->data + raw->st_name,
				   .value = raw->st_value,
				   .size = raw->st_size,
				   .type = ELF64_ST_TYPE(raw->st_info),
				   .bind = ELF64_ST_BIND(raw->st_info),
				   .vis = ELF64_ST_VISIBILITY(raw->st_other) };
	LP_TRY(take_shndx(load, idx, raw, shndx_table, &sym->shndx));
	bool is_in_real_section = sym->shndx && sym->shndx < load->elf->n_sections;

	if (is_in_real_section && !is_in_section(load->elf, sym))
		return lp_elf_bad(load, sym->shndx,
				  "symbol '%s' [%u] at 0x%llx, %llu bytes, lies outside", sym->name,
				  idx, (unsigned long long)sym->value,
				  (unsigned long long)sym->size);
	if (sym->type == STT_SECTION && is_in_real_section) {
		struct lp_section *sec = &load->sections[sym->shndx];

		if (!*sym->name)
			sym->name = sec->name;
		if (!sec->secsym)
			sec->secsym = idx;
	}
	return NULL;
}

struct order { /* what the symbols of a section are sorted by */
	u64 value, size;
	u32 idx;
};

static int compare_order(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->idx < y->idx ? -1 : x->idx > y->idx;
}

static bool is_indexed(const struct lp_elf *elf, const struct lp_symbol *sym)
{
	return sym->shndx && sym->shndx < elf->n_sections && sym->type != STT_SECTION &&
	       sym->type != STT_FILE;
}

static void index_by_section(struct lp_elf_load *load)
{
	struct lp_elf *elf = load->elf;
	u32 total = 0;

	for (u32 i = 1; i < elf->n_symbols; i++) {
		if (is_indexed(elf, &elf->symbols[i]))
			load->sections[elf->symbols[i].shndx].n_syms++;
	}
	for (u32 i = 0; i < elf->n_sections; i++) {
		load->sections[i].sym_first = total;
		total += load->sections[i].n_syms;
		load->sections[i].n_syms = 0;
	}
	struct order *list = lp_new_array(load->arena, total, struct order);

	for (u32 i = 1; i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];

		if (!is_indexed(elf, sym))
			continue;
		struct lp_section *sec = &load->sections[sym->shndx];

		list[sec->sym_first + sec->n_syms++] =
			(struct order){ .value = sym->value, .size = sym->size, .idx = i };
	}
	u32 *by_section = lp_new_array(load->arena, total, u32);
	u64 *reach = lp_new_array(load->arena, total, u64);

	for (u32 i = 0; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];
		struct order *own = list + sec->sym_first;
		u64 end = 0;

		qsort(own, sec->n_syms, sizeof(*own), compare_order);
		for (u32 k = 0; k < sec->n_syms; k++) {
			if (own[k].value + own[k].size > end)
				end = own[k].value + own[k].size;
			by_section[sec->sym_first + k] = own[k].idx;
			reach[sec->sym_first + k] = end;
		}
	}
	elf->by_section = by_section;
	elf->reach = reach;
}

struct lp_err *lp_elf_load_symbols(struct lp_elf_load *load)
{
	struct lp_elf *elf = load->elf;
	u32 shndx_table;

	LP_TRY(find_symtab(load, &shndx_table));
	if (!load->symtab) {
		index_by_section(load);
		elf->symbols = lp_new(load->arena, struct lp_symbol);
		return NULL;
	}
	const struct lp_section *tab = &elf->sections[load->symtab];
	const struct lp_section *strtab = &elf->sections[tab->link];

	if (tab->entsize != sizeof(Elf64_Sym) || tab->size % sizeof(Elf64_Sym) || !tab->size)
		return lp_elf_bad(load, load->symtab, "is not a whole number of symbols");
	if (strtab->type != SHT_STRTAB || !strtab->size || strtab->data[strtab->size - 1])
		return lp_elf_bad(load, load->symtab, "its string table is damaged");
	u64 n = tab->size / sizeof(Elf64_Sym);

	if (n >= UINT32_MAX || tab->info > n)
		return lp_elf_bad(load, load->symtab, "has %llu symbols, %u of them local",
				  (unsigned long long)n, tab->info);
	elf->symbols = load->symbols = lp_new_array(load->arena, n, struct lp_symbol);
	elf->n_symbols = (u32)n;
	load->symbols[0].name = "";
	u32 file = 0;

	for (u32 i = 1; i < n; i++) {
		Elf64_Sym raw;

		memcpy(&raw, tab->data + i * sizeof(raw), sizeof(raw));
		LP_TRY(take_symbol(load, i, &raw, shndx_table));
		struct lp_symbol *sym = &load->symbols[i];

		if ((sym->bind == STB_LOCAL) != (i < tab->info))
			return lp_elf_bad(load, load->symtab,
					  "local and global symbols are mixed at symbol %u", i);
		if (sym->type == STT_FILE)
			file = i;
		else if (sym->bind == STB_LOCAL)
			sym->file = file;
	}
	index_by_section(load);
	return NULL;
}
