/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The bounded reader of payloads: all structure is checked here, once, before it is used. */
#include "runtime/parse.h"

#include <string.h>

static bool in_file(const struct sb_payload *p, uint64_t off, uint64_t len)
{
	return off <= p->size && len <= p->size - off;
}

static bool check_header(const struct sb_payload *p, Elf64_Ehdr *eh, struct sb_error *err)
{
	if (p->size < sizeof(*eh))
		return sb_fail(err, SB_REFUSED, "payload of %zu bytes is too short for ELF",
			       p->size);
	if (p->size > LIVEPATCH_MAX_SIZE)
		return sb_fail(err, SB_REFUSED, "payload of %zu bytes is larger than %u", p->size,
			       LIVEPATCH_MAX_SIZE);
	memcpy(eh, p->file, sizeof(*eh));
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return sb_fail(err, SB_REFUSED, "payload is not an ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_ident[EI_VERSION] != EV_CURRENT || eh->e_version != EV_CURRENT ||
	    eh->e_machine != EM_X86_64)
		return sb_fail(err, SB_REFUSED, "payload is not ELF64 for x86-64");
	if (eh->e_type != ET_REL)
		return sb_fail(err, SB_REFUSED, "payload is ELF type %u, not relocatable",
			       eh->e_type);
	if (eh->e_ehsize != sizeof(*eh) || eh->e_phnum || eh->e_shentsize != sizeof(Elf64_Shdr) ||
	    !eh->e_shnum || eh->e_shnum > LIVEPATCH_MAX_SECTIONS || eh->e_shstrndx >= eh->e_shnum)
		return sb_fail(err, SB_REFUSED, "payload has an impossible ELF header");
	if (!in_file(p, eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(Elf64_Shdr)))
		return sb_fail(err, SB_REFUSED, "section headers at 0x%llx lie outside the payload",
			       (unsigned long long)eh->e_shoff);
	return true;
}

/* A string table that can be indexed: inside the file (checked before), first and last byte NUL. */
static bool is_string_table(const struct sb_payload *p, uint32_t i)
{
	const Elf64_Shdr *sh = &p->sections[i].sh;

	return sh->sh_type == SHT_STRTAB && sh->sh_size && !p->file[sh->sh_offset] &&
	       !p->file[sh->sh_offset + sh->sh_size - 1];
}

static bool check_section(const struct sb_payload *p, uint32_t i, struct sb_error *err)
{
	Elf64_Shdr *sh = &p->sections[i].sh;

	if (sh->sh_type == SHT_NULL)
		return true;
	if (sh->sh_type == SHT_NOBITS ? sh->sh_size > LIVEPATCH_MAX_SIZE
				      : !in_file(p, sh->sh_offset, sh->sh_size))
		return sb_fail(err, SB_REFUSED, "section %u lies outside the payload", i);
	if (!sh->sh_addralign)
		sh->sh_addralign = 1;
	if (sh->sh_addralign & (sh->sh_addralign - 1) ||
	    ((sh->sh_flags & SHF_ALLOC) && sh->sh_addralign > SB_PAGE))
		return sb_fail(err, SB_REFUSED, "section %u has alignment 0x%llx", i,
			       (unsigned long long)sh->sh_addralign);
	return true;
}

static bool read_sections(struct sb_arena *arena, struct sb_payload *p, const Elf64_Ehdr *eh,
			  struct sb_error *err)
{
	const char *names;

	p->n_sections = eh->e_shnum;
	p->sections = sb_alloc_array(arena, p->n_sections, sizeof(*p->sections));
	if (!p->sections)
		return sb_fail(err, SB_FAILED, "out of memory");
	for (uint32_t i = 0; i < p->n_sections; i++) {
		memcpy(&p->sections[i].sh, p->file + eh->e_shoff + i * sizeof(Elf64_Shdr),
		       sizeof(Elf64_Shdr));
		if (!check_section(p, i, err))
			return false;
	}
	if (!is_string_table(p, eh->e_shstrndx))
		return sb_fail(err, SB_REFUSED, "payload has no table of section names");
	names = (const char *)p->file + p->sections[eh->e_shstrndx].sh.sh_offset;
	for (uint32_t i = 0; i < p->n_sections; i++) {
		if (p->sections[i].sh.sh_name >= p->sections[eh->e_shstrndx].sh.sh_size)
			return sb_fail(err, SB_REFUSED, "name of section %u lies outside", i);
		p->sections[i].name = names + p->sections[i].sh.sh_name;
	}
	return true;
}

static bool check_symbol(const struct sb_payload *p, uint32_t i, uint64_t strings,
			 struct sb_error *err)
{
	const Elf64_Sym *sym = &p->symbols[i];

	if (sym->st_name >= strings)
		return sb_fail(err, SB_REFUSED, "name of symbol %u lies outside", i);
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS)
		return true;
	if (sym->st_shndx >= p->n_sections)
		return sb_fail(err, SB_REFUSED, "symbol '%s' is in section 0x%x, which is not",
			       p->strings + sym->st_name, sym->st_shndx);
	if (sym->st_value > p->sections[sym->st_shndx].sh.sh_size)
		return sb_fail(err, SB_REFUSED, "symbol '%s' lies outside of its section",
			       p->strings + sym->st_name);
	return true;
}

static bool read_symbols(struct sb_arena *arena, struct sb_payload *p, uint32_t symtab,
			 struct sb_error *err)
{
	const Elf64_Shdr *sh = &p->sections[symtab].sh;
	Elf64_Sym *symbols;
	uint64_t strings;

	if (sh->sh_entsize != sizeof(Elf64_Sym) || sh->sh_size % sizeof(Elf64_Sym) ||
	    !sh->sh_size || sh->sh_link >= p->n_sections || !is_string_table(p, sh->sh_link))
		return sb_fail(err, SB_REFUSED, "payload has an impossible symbol table");
	strings = p->sections[sh->sh_link].sh.sh_size;
	p->strings = (const char *)p->file + p->sections[sh->sh_link].sh.sh_offset;
	p->n_symbols = (uint32_t)(sh->sh_size / sizeof(Elf64_Sym));
	symbols = sb_alloc_array(arena, p->n_symbols, sizeof(*symbols));
	if (!symbols)
		return sb_fail(err, SB_FAILED, "out of memory");
	memcpy(symbols, p->file + sh->sh_offset, sh->sh_size);
	p->symbols = symbols;
	for (uint32_t i = 0; i < p->n_symbols; i++)
		if (!check_symbol(p, i, strings, err))
			return false;
	return true;
}

static bool check_relocs(const struct sb_payload *p, uint32_t symtab, struct sb_error *err)
{
	for (uint32_t i = 1; i < p->n_sections; i++) {
		const Elf64_Shdr *sh = &p->sections[i].sh;

		if (sh->sh_type == SHT_REL)
			return sb_fail(err, SB_REFUSED, "section '%s' holds REL relocations",
				       p->sections[i].name);
		if (sh->sh_type != SHT_RELA)
			continue;
		if (sh->sh_entsize != sizeof(Elf64_Rela) || sh->sh_size % sizeof(Elf64_Rela) ||
		    sh->sh_link != symtab || !sh->sh_info || sh->sh_info >= p->n_sections)
			return sb_fail(err, SB_REFUSED, "relocation section '%s' is impossible",
				       p->sections[i].name);
		for (uint64_t off = 0; off < sh->sh_size; off += sizeof(Elf64_Rela)) {
			Elf64_Rela rela;

			memcpy(&rela, p->file + sh->sh_offset + off, sizeof(rela));
			if (ELF64_R_SYM(rela.r_info) >= p->n_symbols)
				return sb_fail(err, SB_REFUSED, "'%s'+0x%llx names symbol %u of %u",
					       p->sections[i].name, (unsigned long long)off,
					       (unsigned)ELF64_R_SYM(rela.r_info), p->n_symbols);
		}
	}
	return true;
}

static const struct {
	const char *name;
	uint32_t entry, max;
} lists[SB_N_LISTS] = {
	[SB_FUNCS] = { LIVEPATCH_SEC_FUNCS, sizeof(struct livepatch_func), LIVEPATCH_MAX_FUNCS },
	[SB_RANGES] = { LIVEPATCH_SEC_RANGES, sizeof(struct livepatch_range),
			LIVEPATCH_MAX_RANGES },
	[SB_BELOW] = { LIVEPATCH_SEC_BELOW, sizeof(struct livepatch_below), LIVEPATCH_MAX_BELOW },
	[SB_TABLES] = { LIVEPATCH_SEC_TABLES, sizeof(struct livepatch_table),
			LIVEPATCH_MAX_TABLES },
	[SB_HOOKS + SB_LOAD] = { LIVEPATCH_SEC_HOOKS "load", 8, LIVEPATCH_MAX_HOOKS },
	[SB_HOOKS + SB_UNLOAD] = { LIVEPATCH_SEC_HOOKS "unload", 8, LIVEPATCH_MAX_HOOKS },
	[SB_HOOKS + SB_PREAPPLY] = { LIVEPATCH_SEC_HOOKS "preapply", 8, 1 },
	[SB_HOOKS + SB_POSTAPPLY] = { LIVEPATCH_SEC_HOOKS "postapply", 8, 1 },
	[SB_HOOKS + SB_PREREVERT] = { LIVEPATCH_SEC_HOOKS "prerevert", 8, 1 },
	[SB_HOOKS + SB_POSTREVERT] = { LIVEPATCH_SEC_HOOKS "postrevert", 8, 1 },
};

static bool take_list(struct sb_payload *p, uint32_t i, enum sb_list list, struct sb_error *err)
{
	struct sb_section *s = &p->sections[i];
	uint64_t size = s->sh.sh_size;

	if (p->lists[list] || s->sh.sh_type != SHT_PROGBITS)
		return sb_fail(err, SB_REFUSED, "payload has no usable '%s'", s->name);
	if (!size || size % lists[list].entry || size / lists[list].entry > lists[list].max)
		return sb_fail(err, SB_REFUSED, "section '%s' has %llu bytes", s->name,
			       (unsigned long long)size);
	p->lists[list] = i;
	s->place = SB_IN_LIST;
	s->list = list;
	return true;
}

uint32_t sb_list_count(const struct sb_payload *payload, enum sb_list list)
{
	uint32_t i = payload->lists[list];

	return i ? (uint32_t)(payload->sections[i].sh.sh_size / lists[list].entry) : 0;
}

/* Does it do anything? Ranges alone don't. */
static bool has_contents(const struct sb_payload *p)
{
	bool any = p->lists[SB_FUNCS];

	for (unsigned list = SB_TABLES; list < SB_N_LISTS; list++)
		any |= p->lists[list] != 0;
	return any;
}

/* Decides where a section goes; a section that this runtime would have to ignore is an error. */
static bool classify(struct sb_payload *p, uint32_t i, struct sb_error *err)
{
	struct sb_section *s = &p->sections[i];
	uint64_t flags = s->sh.sh_flags;

	s->place = SB_NOT_PLACED;
	for (unsigned list = 0; list < SB_N_LISTS; list++)
		if (!strcmp(s->name, lists[list].name))
			return take_list(p, i, (enum sb_list)list, err);
	if (!strncmp(s->name, LIVEPATCH_SEC_HOOKS, strlen(LIVEPATCH_SEC_HOOKS)))
		return sb_fail(err, SB_REFUSED, "section '%s' is not supported by this runtime",
			       s->name);
	if (!(flags & SHF_ALLOC) || s->sh.sh_type == SHT_NOTE ||
	    !strcmp(s->name, LIVEPATCH_SEC_MODINFO))
		return true;
	if (flags & ~(uint64_t)(SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR | SHF_MERGE | SHF_STRINGS |
				SHF_INFO_LINK))
		return sb_fail(err, SB_REFUSED, "section '%s' has flags 0x%llx", s->name,
			       (unsigned long long)flags);
	if ((flags & SHF_WRITE) && (flags & SHF_EXECINSTR))
		return sb_fail(err, SB_REFUSED, "section '%s' is writable and executable", s->name);
	if (s->sh.sh_type != SHT_PROGBITS && s->sh.sh_type != SHT_X86_64_UNWIND &&
	    !(s->sh.sh_type == SHT_NOBITS && (flags & SHF_WRITE)))
		return sb_fail(err, SB_REFUSED, "section '%s' has type 0x%x", s->name,
			       s->sh.sh_type);
	s->place = flags & SHF_EXECINSTR ? SB_IN_TEXT
		   : flags & SHF_WRITE	 ? SB_IN_DATA
					 : SB_IN_RODATA;
	return true;
}

static bool read_note(const struct sb_payload *p, const struct sb_section *s, struct sb_id *id,
		      struct sb_error *err)
{
	if (id->len)
		return sb_fail(err, SB_REFUSED, "payload has two sections '%s'", s->name);
	if (s->sh.sh_type != SHT_NOTE ||
	    !sb_note_find(p->file + s->sh.sh_offset, s->sh.sh_size, id))
		return sb_fail(err, SB_REFUSED, "section '%s' holds no build-id", s->name);
	return true;
}

static bool read_metadata(struct sb_payload *p, struct sb_error *err)
{
	for (uint32_t i = 1; i < p->n_sections; i++) {
		const struct sb_section *s = &p->sections[i];
		struct sb_id *id = !strcmp(s->name, LIVEPATCH_SEC_BUILD_ID)  ? &p->build_id
				   : !strcmp(s->name, LIVEPATCH_SEC_DEPENDS) ? &p->depends
				   : !strcmp(s->name, LIVEPATCH_SEC_TARGET)  ? &p->target
									     : NULL;

		if (id && !read_note(p, s, id, err))
			return false;
		if (strcmp(s->name, LIVEPATCH_SEC_MODINFO) != 0)
			continue;
		p->modinfo = (const char *)p->file + s->sh.sh_offset;
		p->modinfo_len = s->sh.sh_size;
		if (s->sh.sh_type != SHT_PROGBITS || !s->sh.sh_size ||
		    p->modinfo[s->sh.sh_size - 1])
			return sb_fail(err, SB_REFUSED, "section '%s' does not end with NUL",
				       s->name);
	}
	if (p->build_id.len != LIVEPATCH_BUILD_ID_LEN)
		return sb_fail(err, SB_REFUSED, "payload has no build-id of %u bytes",
			       LIVEPATCH_BUILD_ID_LEN);
	if (!p->target.len)
		return sb_fail(err, SB_REFUSED, "payload does not say which executable it is for");
	return true;
}

bool sb_parse(struct sb_arena *arena, const uint8_t *file, size_t size, struct sb_payload *ret,
	      struct sb_error *err)
{
	Elf64_Ehdr eh;
	uint32_t symtab = 0;

	*ret = (struct sb_payload){ .file = file, .size = size };
	if (!check_header(ret, &eh, err) || !read_sections(arena, ret, &eh, err))
		return false;
	for (uint32_t i = 1; i < ret->n_sections; i++) {
		if (ret->sections[i].sh.sh_type == SHT_SYMTAB && symtab)
			return sb_fail(err, SB_REFUSED, "payload has two symbol tables");
		if (ret->sections[i].sh.sh_type == SHT_SYMTAB)
			symtab = i;
		if (!classify(ret, i, err))
			return false;
	}
	if (!symtab)
		return sb_fail(err, SB_REFUSED, "payload has no symbol table");
	if (!has_contents(ret))
		return sb_fail(err, SB_REFUSED, "payload has no function, table or hook");
	return read_symbols(arena, ret, symtab, err) && check_relocs(ret, symtab, err) &&
	       read_metadata(ret, err);
}

const char *sb_modinfo(const struct sb_payload *payload, const char *key)
{
	const char *p = payload->modinfo;
	const char *end = p ? p + payload->modinfo_len : NULL;
	size_t n = strlen(key);

	for (; p < end; p += strlen(p) + 1)
		if (!strncmp(p, key, n) && p[n] == '=')
			return p + n + 1;
	return NULL;
}
