/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Relocations and section groups of the ELF model. */
#include <stdlib.h>
#include <string.h>

#include "lib/elf_load.h"

/* Offsets stay far from where sums of a few of them overflow. */
#define MAX_ADDEND ((s64)1 << 60)

static struct lp_err *check_rela(struct lp_elf_load *load, u32 idx, u64 *total)
{
	const struct lp_section *rela = &load->sections[idx];

	if (rela->type == SHT_REL)
		return lp_elf_bad(load, idx, "relocations without addends are not used on x86-64");
	if (!rela->info || rela->info >= load->elf->n_sections || rela->info == idx)
		return lp_elf_bad(load, idx, "relocates section %u, but there are %u", rela->info,
				  load->elf->n_sections);
	struct lp_section *target = &load->sections[rela->info];

	if (rela->link != load->symtab)
		return lp_elf_bad(load, idx, "does not use the symbol table");
	if (!target->data)
		return lp_elf_bad(load, idx, "relocates '%s', which has no contents", target->name);
	if (target->n_rels)
		return lp_elf_bad(load, idx, "is a second relocation section of '%s'",
				  target->name);
	if (rela->entsize != sizeof(Elf64_Rela) || rela->size % sizeof(Elf64_Rela))
		return lp_elf_bad(load, idx, "is not a whole number of relocations");
	u64 n = rela->size / sizeof(Elf64_Rela);

	*total += n;
	if (*total >= UINT32_MAX)
		return lp_elf_bad(load, idx, "too many relocations");
	target->n_rels = (u32)n;
	return NULL;
}

/* Stable by construction: relocations at one offset keep their order in the file. */
struct order {
	struct lp_reloc rel;
	u32 idx;
};

static int compare_order(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->rel.off != y->rel.off)
		return x->rel.off < y->rel.off ? -1 : 1;
	return x->idx < y->idx ? -1 : x->idx > y->idx;
}

static void sort_relocs(struct lp_arena *arena, struct lp_reloc *rels, u32 n)
{
	u32 sorted = 1;

	while (sorted < n && rels[sorted - 1].off <= rels[sorted].off)
		sorted++;
	if (sorted >= n) /* as compilers write them */
		return;
	struct order *list = lp_new_array(arena, n, struct order);

	for (u32 i = 0; i < n; i++)
		list[i] = (struct order){ .rel = rels[i], .idx = i };
	qsort(list, n, sizeof(*list), compare_order);
	for (u32 i = 0; i < n; i++)
		rels[i] = list[i].rel;
}

static struct lp_err *take_relocs(struct lp_elf_load *load, u32 idx, struct lp_reloc *rels)
{
	const struct lp_section *rela = &load->sections[idx];
	const struct lp_section *target = &load->sections[rela->info];

	for (u32 i = 0; i < target->n_rels; i++) {
		Elf64_Rela raw;

		memcpy(&raw, rela->data + i * sizeof(raw), sizeof(raw));
		u32 sym = (u32)ELF64_R_SYM(raw.r_info);
		u32 type = (u32)ELF64_R_TYPE(raw.r_info);

		if (sym >= load->elf->n_symbols)
			return lp_elf_bad(load, idx,
					  "relocation %u uses symbol %u, but there are %u", i, sym,
					  load->elf->n_symbols);
		if (!lp_in_range(raw.r_offset, lp_reloc_width(type), target->size))
			return lp_elf_bad(load, idx,
					  "relocation %u at offset 0x%llx lies outside of '%s'", i,
					  (unsigned long long)raw.r_offset, target->name);
		if (raw.r_addend > MAX_ADDEND || raw.r_addend < -MAX_ADDEND)
			return lp_elf_bad(load, idx, "relocation %u has the addend %lld", i,
					  (long long)raw.r_addend);
		rels[i] = (struct lp_reloc){ .section = rela->info,
					     .type = type,
					     .sym = sym,
					     .off = raw.r_offset,
					     .addend = raw.r_addend };
	}
	sort_relocs(load->arena, rels, target->n_rels);
	return NULL;
}

static bool is_rela(const struct lp_section *sec)
{
	return sec->type == SHT_RELA || sec->type == SHT_REL;
}

struct lp_err *lp_elf_load_relocs(struct lp_elf_load *load)
{
	struct lp_elf *elf = load->elf;
	u64 total = 0;
	u32 next = 0;

	if (elf->type != ET_REL) {
		elf->rels = lp_new(load->arena, struct lp_reloc);
		return NULL;
	}
	for (u32 i = 1; i < elf->n_sections; i++) {
		if (is_rela(&elf->sections[i]))
			LP_TRY(check_rela(load, i, &total));
	}
	struct lp_reloc *rels = lp_new_array(load->arena, total, struct lp_reloc);

	for (u32 i = 0; i < elf->n_sections; i++) {
		load->sections[i].rel_first = next;
		next += load->sections[i].n_rels;
	}
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (is_rela(sec))
			LP_TRY(take_relocs(load, i, rels + elf->sections[sec->info].rel_first));
	}
	lp_elf_load_operands(elf, rels);
	elf->rels = rels;
	elf->n_rels = next;
	return NULL;
}

struct lp_err *lp_elf_load_groups(struct lp_elf_load *load)
{
	const struct lp_elf *elf = load->elf;

	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *group = &elf->sections[i];

		if (group->type != SHT_GROUP)
			continue;
		if (group->size < sizeof(u32) || group->size % sizeof(u32))
			return lp_elf_bad(load, i, "is not a whole section group");
		if (group->info >= elf->n_symbols)
			return lp_elf_bad(load, i, "is named by symbol %u, but there are %u",
					  group->info, elf->n_symbols);
		for (u64 off = sizeof(u32); off < group->size; off += sizeof(u32)) {
			u32 member;

			memcpy(&member, group->data + off, sizeof(member));
			if (!member || member >= elf->n_sections || load->sections[member].group)
				return lp_elf_bad(load, i, "has the bad member %u", member);
			load->sections[member].group = i;
		}
	}
	return NULL;
}
