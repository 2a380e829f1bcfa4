/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Runs before any thread is stopped: dlsym() and dlvsym() take the dynamic linker's lock. */
#include "runtime/reloc.h"

#include <dlfcn.h>
#include <string.h>

#define MAX_IMPORT 512 /* bytes of the name of a library symbol */

/* gABI, chapter 5, "Hash Table". */
static uint32_t elf_hash(const char *s)
{
	uint32_t hash = 0;

	for (; *s; s++) {
		uint32_t next = (hash << 4) + (uint8_t)*s, top = next & 0xf0000000;

		hash = (next ^ top >> 24) & ~top;
	}
	return hash;
}

/*
 * glibc's dlvsym() (2.36, check_match() in elf/dl-lookup.c) reads the names of versions with the
 * hash that is asked for; those that a library leaves out have no name and the hash 0. So it ends
 * the program when it is asked for "", or for another one with that hash.
 */
static bool may_ask_for(const char *version)
{
	return elf_hash(version) != 0;
}

/* NAME or NAME@VERSION, in the libraries of the process. */
static uint64_t find_import(const char *name)
{
	const char *version = strchr(name, '@');
	char base[MAX_IMPORT] = "";

	if (!version)
		return (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, name);
	if ((size_t)(version - name) >= sizeof(base) || !may_ask_for(version + 1))
		return 0;
	memcpy(base, name, (size_t)(version - name));
	return (uint64_t)(uintptr_t)dlvsym(RTLD_DEFAULT, base, version + 1);
}

/* Symbol 0 has the value 0: the addend is an absolute number. */
static bool symbol_value(const struct sb_payload *p, const struct sb_layout *layout, uint32_t idx,
			 uint64_t *ret, struct sb_error *err)
{
	const Elf64_Sym *sym = &p->symbols[idx];
	const char *name = p->strings + sym->st_name;
	const struct sb_section *s;

	*ret = 0;
	if (!idx)
		return true;
	if (ELF64_ST_TYPE(sym->st_info) == STT_TLS)
		return sb_fail(err, SB_REFUSED, "symbol '%s' is thread-local", name);
	if (sym->st_shndx == SHN_ABS) {
		*ret = sym->st_value + layout->bias;
		return true;
	}
	if (sym->st_shndx == SHN_UNDEF) {
		*ret = name[0] ? find_import(name) : 0;
		return *ret || sb_fail(err, SB_REFUSED,
				       "symbol '%s' is in no library of this process", name);
	}
	s = &p->sections[sym->st_shndx];
	if (s->place == SB_IN_LIST && s->list == SB_BELOW &&
	    sym->st_value % sizeof(struct livepatch_below) == 0 && sym->st_value < s->sh.sh_size) {
		*ret = layout->below[sym->st_value / sizeof(struct livepatch_below)];
		return true;
	}
	if (s->place >= (enum sb_place)SB_N_AREAS)
		return sb_fail(err, SB_REFUSED, "symbol '%s' is in section '%s', not loaded", name,
			       s->name);
	*ret = layout->base[s->place] + s->off + sym->st_value;
	return true;
}

static bool apply(const Elf64_Rela *rela, uint64_t value, uint64_t place, uint8_t *at,
		  uint64_t room)
{
	uint64_t v = value + (uint64_t)rela->r_addend;
	int64_t rel;
	int32_t rel32;

	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		if (room < 8)
			return false;
		if (ELF64_R_TYPE(rela->r_info) == R_X86_64_PC64)
			v -= place;
		memcpy(at, &v, 8);
		return true;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		rel = (int64_t)(v - place);
		rel32 = (int32_t)rel;
		if (room < 4 || rel != rel32)
			return false;
		memcpy(at, &rel32, 4);
		return true;
	default:
		return false;
	}
}

static bool relocate_section(const struct sb_payload *p, const struct sb_layout *layout,
			     const struct sb_section *relas, struct sb_error *err)
{
	const struct sb_section *s = &p->sections[relas->sh.sh_info];
	bool is_list = s->place == SB_IN_LIST;
	uint8_t *bytes = is_list ? layout->lists[s->list] : layout->image[s->place] + s->off;
	uint64_t addr = is_list ? 0 : layout->base[s->place] + s->off;

	for (uint64_t off = 0; off < relas->sh.sh_size; off += sizeof(Elf64_Rela)) {
		Elf64_Rela rela;
		uint64_t value;
		uint32_t sym, type;

		memcpy(&rela, p->file + relas->sh.sh_offset + off, sizeof(rela));
		sym = (uint32_t)ELF64_R_SYM(rela.r_info);
		type = (uint32_t)ELF64_R_TYPE(rela.r_info);
		if (type == R_X86_64_NONE)
			continue;
		if (!symbol_value(p, layout, sym, &value, err))
			return false;
		/* The lists have no place of their own to be relative to. */
		if ((is_list && type != R_X86_64_64) || rela.r_offset >= s->sh.sh_size ||
		    s->sh.sh_type == SHT_NOBITS ||
		    !apply(&rela, value, addr + rela.r_offset, bytes + rela.r_offset,
			   s->sh.sh_size - rela.r_offset))
			return sb_fail(err, SB_REFUSED,
				       "'%s'+0x%llx: relocation type %u to '%s' does not fit",
				       s->name, (unsigned long long)rela.r_offset, type,
				       p->strings + p->symbols[sym].st_name);
	}
	return true;
}

bool sb_relocate(const struct sb_payload *p, const struct sb_layout *layout, struct sb_error *err)
{
	for (uint32_t i = 1; i < p->n_sections; i++) {
		const struct sb_section *s = &p->sections[i];

		if (s->sh.sh_type == SHT_RELA &&
		    p->sections[s->sh.sh_info].place != SB_NOT_PLACED &&
		    !relocate_section(p, layout, s, err))
			return false;
	}
	return true;
}

const uint8_t *sb_layout_bytes(const struct sb_layout *layout, enum sb_area_id area, uint64_t addr,
			       uint64_t size)
{
	uint64_t off = addr - layout->base[area];

	if (off >= layout->size[area] || size > layout->size[area] - off)
		return NULL;
	return layout->image[area] + off;
}

const char *sb_layout_string(const struct sb_layout *layout, struct sb_arena *arena, uint64_t addr)
{
	for (unsigned a = SB_RODATA; a < SB_N_AREAS; a++) {
		const char *s = (const char *)sb_layout_bytes(layout, a, addr, 1);
		size_t room, len;
		char *copy;

		if (!s)
			continue;
		room = layout->size[a] - (addr - layout->base[a]);
		len = strnlen(s, room);
		if (!len || len == room)
			return NULL;
		copy = sb_alloc(arena, len + 1);
		return copy ? memcpy(copy, s, len) : NULL;
	}
	return NULL;
}
