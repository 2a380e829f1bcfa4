// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the dynamic linker does to the executable: which GOT slot holds whose address, which
 * library data was copied, which PLT entry calls what. Read from the sections that carry
 * SHF_ALLOC; a debug file has none of this.
 */
#include <string.h>

#include "extract-patch/target.h"

/* A table of fixed-size records in a section; the loader checked bounds, not the entry size. */
static size_t n_records(const struct lp_section *sec, size_t size)
{
	return sec->data ? sec->size / size : 0;
}

static void read_flags(struct ep_target *target, const struct lp_section *sec)
{
	for (size_t i = 0; i < n_records(sec, sizeof(Elf64_Dyn)); i++) {
		Elf64_Dyn dyn;

		memcpy(&dyn, sec->data + i * sizeof(dyn), sizeof(dyn));
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_BIND_NOW ||
		    (dyn.d_tag == DT_FLAGS && dyn.d_un.d_val & DF_BIND_NOW) ||
		    (dyn.d_tag == DT_FLAGS_1 && dyn.d_un.d_val & DF_1_NOW))
			target->bind_now = true;
	}
}

static struct lp_err *read_symbols(struct ep_target *target, const struct lp_section *sec)
{
	const struct lp_section *strings = &target->elf->sections[sec->link];
	struct ep_versions versions = ep_versions_read(target->arena, target->elf);

	/* Index 0 stays the null symbol, so that indices are those of the relocations. */
	for (size_t i = 0; i < n_records(sec, sizeof(Elf64_Sym)); i++) {
		struct ep_dyn dyn = { 0 };
		bool is_default;
		Elf64_Sym sym;

		memcpy(&sym, sec->data + i * sizeof(sym), sizeof(sym));
		dyn.name = lp_section_string(strings, sym.st_name);
		if (!dyn.name)
			return lp_err(LP_FAILED, "%s: symbol %zu of .dynsym has no valid name",
				      target->elf->path, i);
		dyn.version = ep_version_of(&versions, i, &is_default);
		dyn.value = sym.st_value;
		dyn.size = sym.st_size;
		dyn.type = ELF64_ST_TYPE(sym.st_info);
		dyn.is_weak = ELF64_ST_BIND(sym.st_info) == STB_WEAK;
		dyn.is_undefined = sym.st_shndx == SHN_UNDEF;
		lp_vec_push(target->arena, &target->dyns, dyn);
		if (i)
			lp_map_set_str(target->arena, &target->dyn_names, dyn.name, (u32)i);
	}
	return NULL;
}

static struct lp_err *read_relocs(struct ep_target *target, const struct lp_section *sec)
{
	for (size_t i = 0; i < n_records(sec, sizeof(Elf64_Rela)); i++) {
		struct ep_dynrel rel = { 0 };
		struct ep_dyn *dyn;
		Elf64_Rela rela;

		memcpy(&rela, sec->data + i * sizeof(rela), sizeof(rela));
		rel.addr = rela.r_offset;
		rel.type = (u32)ELF64_R_TYPE(rela.r_info);
		rel.dyn = (u32)ELF64_R_SYM(rela.r_info);
		rel.addend = rela.r_addend;
		if (rel.dyn && rel.dyn >= target->dyns.n)
			return lp_err(LP_FAILED, "%s: relocation %zu of %s names symbol %u of %zu",
				      target->elf->path, i, sec->name, rel.dyn, target->dyns.n);
		lp_vec_push(target->arena, &target->rels, rel);
		if (!rel.dyn)
			continue;
		dyn = &target->dyns.items[rel.dyn];
		if (rel.type == R_X86_64_GLOB_DAT)
			dyn->glob_dat = rel.addr;
		else if (rel.type == R_X86_64_JUMP_SLOT)
			dyn->jump_slot = rel.addr;
		else if (rel.type == R_X86_64_COPY)
			dyn->copy = rel.addr;
	}
	return NULL;
}

struct lp_err *ep_dynamic_load(struct ep_target *target)
{
	const struct lp_elf *elf = target->elf;

	for (u32 i = 1; i < elf->n_sections; i++) {
		if (elf->sections[i].type == SHT_DYNAMIC)
			read_flags(target, &elf->sections[i]);
		else if (elf->sections[i].type == SHT_DYNSYM)
			LP_TRY(read_symbols(target, &elf->sections[i]));
		else if (elf->sections[i].type == SHT_RELR)
			target->has_relr = true;
	}
	for (u32 i = 1; i < elf->n_sections; i++)
		if (elf->sections[i].type == SHT_RELA && elf->sections[i].flags & SHF_ALLOC)
			LP_TRY(read_relocs(target, &elf->sections[i]));
	return NULL;
}

const struct ep_dyn *ep_find_dyn(const struct ep_target *target, const char *name)
{
	u32 idx = lp_map_get_str(&target->dyn_names, name);

	return idx == LP_MAP_NONE ? NULL : &target->dyns.items[idx];
}

const struct ep_dynrel *ep_dynrel_at(const struct ep_target *target, u64 addr)
{
	for (size_t i = 0; i < target->rels.n; i++)
		if (target->rels.items[i].addr == addr)
			return &target->rels.items[i];
	return NULL;
}

const struct ep_dynrel *ep_dynrel_in(const struct ep_target *target, u64 addr, u64 len)
{
	for (size_t i = 0; i < target->rels.n; i++) {
		u64 at = target->rels.items[i].addr;

		if (at < addr + len && at + 8 > addr)
			return &target->rels.items[i];
	}
	return NULL;
}

/*
 * An entry of .plt, .plt.got or .plt.sec: [endbr64] [bnd] jmp *slot(%rip), for example
 * `ff 25 d2 aa 7c 00`. The address of its slot, or 0.
 */
static u64 plt_slot(const struct ep_target *target, u64 addr)
{
	const u8 *p = ep_target_bytes(target, addr, 16);
	u64 at = 0;
	s32 disp;

	if (!p)
		p = ep_target_bytes(target, addr, 8); /* the last entry of .plt.got */
	else if (!memcmp(p, "\xf3\x0f\x1e\xfa", 4))
		at = 4;
	if (p && at && p[at] == 0xf2)
		at++;
	if (!p || p[at] != 0xff || p[at + 1] != 0x25)
		return 0;
	memcpy(&disp, p + at + 2, sizeof(disp));
	return addr + at + 6 + (u64)(s64)disp;
}

static const struct ep_dyn *dyn_of_slot(const struct ep_target *target, u64 slot)
{
	for (size_t i = 1; slot && i < target->dyns.n; i++) {
		const struct ep_dyn *dyn = &target->dyns.items[i];

		if (dyn->jump_slot == slot || dyn->glob_dat == slot)
			return dyn;
	}
	return NULL;
}

const char *ep_plt_name(const struct ep_target *target, u64 addr)
{
	const struct ep_dyn *dyn = dyn_of_slot(target, plt_slot(target, addr));

	return dyn ? dyn->name : NULL;
}

/* The PLT entry that jumps to where the slot at A, or B, leads; or 0. */
static u64 entry_of_slot(const struct ep_target *target, u64 a, u64 b)
{
	for (u32 i = 1; i < target->elf->n_sections; i++) {
		const struct lp_section *sec = &target->elf->sections[i];

		if (strncmp(sec->name, ".plt", 4) != 0 || !sec->data)
			continue;
		for (u64 off = 0; off + 8 <= sec->size; off += 8) {
			u64 slot = plt_slot(target, sec->addr + off);

			if (slot && (slot == a || slot == b))
				return sec->addr + off;
		}
	}
	return 0;
}

u64 ep_plt_entry(const struct ep_target *target, const struct ep_dyn *dyn)
{
	return entry_of_slot(target, dyn->jump_slot, dyn->glob_dat);
}

u64 ep_ifunc_entry(const struct ep_target *target, u64 resolver)
{
	u64 entry = 0;

	for (size_t i = 0; i < target->rels.n && !entry; i++)
		if (target->rels.items[i].type == R_X86_64_IRELATIVE &&
		    (u64)target->rels.items[i].addend == resolver)
			entry = entry_of_slot(target, target->rels.items[i].addr, 0);
	return entry;
}

s64 ep_tls_offset(const struct ep_target *target, const struct lp_symbol *sym)
{
	return (s64)(sym->value - target->tls_size);
}
