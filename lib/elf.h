/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF model that the tools share: an ELF64 x86-64 file read once through
 * libelf, checked, and const from then on. Flat arrays and u32 indices instead of
 * pointers; index 0 of sections and symbols is the null entry, as in the file.
 * Everything is validated while loading (bounds, alignment, links, string offsets,
 * symbol and relocation indices), so that users index without checks of their own.
 * lib/elf_read.c is the only file that reads through libelf.
 */
#ifndef LP_ELF_H
#define LP_ELF_H

#include <elf.h>

#include "lib/err.h"
#include "lib/map.h"
#include "lib/vec.h"

struct lp_section {
	const char *name;
	u32 type;  /* SHT_* */
	u64 flags; /* SHF_* */
	u64 addr;  /* link-time address, 0 in relocatable files */
	u64 size;  /* of the contents once decompressed */
	u64 align;
	u64 entsize;
	u32 link, info;
	const u8 *data; /* size bytes; NULL for SHT_NOBITS; SHF_COMPRESSED is undone */
	u32 rel_first;	/* index of its first relocation in lp_elf.rels */
	u32 n_rels;
	u32 sym_first; /* index of its first symbol in lp_elf.by_section */
	u32 n_syms;
	u32 group;  /* index of the SHT_GROUP section that it is a member of, or 0 */
	u32 secsym; /* index of its STT_SECTION symbol, or 0 */
};

/* The contents from OFF on; NULL for SHT_NOBITS. */
static inline const u8 *lp_section_at(const struct lp_section *sec, u64 off)
{
	return sec->data ? sec->data + off : NULL;
}

struct lp_symbol {
	const char *name; /* for STT_SECTION without a name: that of the section */
	u64 value;
	u64 size;
	u8 type;   /* STT_* */
	u8 bind;   /* STB_* */
	u8 vis;	   /* STV_* */
	u32 shndx; /* SHN_UNDEF, a section index, LP_SHN_ABS or LP_SHN_COMMON */
	u32 file;  /* index of the STT_FILE symbol before it (locals only), or 0 */
};

/* Special st_shndx values, moved out of the way of real indices (SHN_XINDEX undone). */
#define LP_SHN_ABS    UINT32_C(0xfffffff1)
#define LP_SHN_COMMON UINT32_C(0xfffffff2)

struct lp_reloc {
	u32 section; /* the section that it changes */
	u32 type;    /* R_X86_64_* */
	u32 sym;     /* index of the symbol */
	u8 tail;     /* of a RIP-relative field in code: bytes of the instruction behind it */
	u64 off;     /* in the section (relocatable files) */
	s64 addend;
};

struct lp_segment {
	u32 type;  /* PT_* */
	u32 flags; /* PF_* */
	u64 off, vaddr, filesz, memsz, align;
};

struct lp_elf {
	const char *path;
	u16 type; /* ET_REL, ET_EXEC or ET_DYN */
	const struct lp_section *sections;
	u32 n_sections;
	const struct lp_symbol *symbols; /* .symtab; empty when the file has none */
	u32 n_symbols;
	const struct lp_reloc *rels; /* of ET_REL: sorted by (section, off); otherwise empty */
	u32 n_rels;
	/* Symbol indices without STT_SECTION and STT_FILE, grouped by section, in each one sorted
	 * by (value, size, index). */
	const u32 *by_section;
	const u64 *reach; /* beside by_section: the furthest end of a symbol up to there */
	const struct lp_segment *segments;
	u32 n_segments;
	const u8 *build_id; /* contents of the NT_GNU_BUILD_ID note, NULL when none */
	size_t build_id_len;
	const u8 *image; /* the whole file */
	size_t image_size;
	struct lp_map section_names; /* first section of each name */
};

enum lp_elf_want {
	LP_ELF_RELOCATABLE = 1, /* ET_REL */
	LP_ELF_EXECUTABLE = 2,	/* ET_EXEC or ET_DYN */
	/* ET_REL whose compressed sections are texts for a person: all of them together inflate to
	 * at most LIVEPATCH_MAX_TEXT. */
	LP_ELF_PAYLOAD = 4,
};

/*
 * Loads PATH. WANT is a mask of what is acceptable; another type is an error, as are a
 * file that is not ELF64 little-endian x86-64, truncated, or inconsistent. Messages say
 * file, section and offset. A relocatable file without a symbol table is an error.
 */
struct lp_err *lp_elf_load(struct lp_arena *arena, const char *path, u32 want,
			   const struct lp_elf **ret) LP_MUST_CHECK;
/* The same from memory (which must outlive the model); NAME is for messages. */
struct lp_err *lp_elf_load_mem(struct lp_arena *arena, const char *name, const u8 *image,
			       size_t size, u32 want, const struct lp_elf **ret) LP_MUST_CHECK;

/* Index of the first section called NAME, or 0. */
u32 lp_elf_section(const struct lp_elf *elf, const char *name);
/* The symbol of SECTION that covers OFF (functions and objects before others; a zero-size
 * symbol covers its own address), or 0. OFF is like st_value: an address in an executable. */
u32 lp_elf_symbol_at(const struct lp_elf *elf, u32 section, u64 off);
/* True for a string section: SHF_MERGE and SHF_STRINGS with entsize 1. */
bool lp_section_is_strings(const struct lp_section *section);
/* The NUL-terminated string at OFF of SECTION, or NULL if it does not end inside. */
const char *lp_section_string(const struct lp_section *section, u64 off);
/* Name of an R_X86_64_* type ("R_X86_64_PC32"), "R_X86_64_?" when unknown. */
const char *lp_reloc_name(u32 type);
/* Bytes of the field that a relocation of TYPE fills: 0 for R_X86_64_NONE, 4 when unknown. */
u32 lp_reloc_width(u32 type);

/* ---- writing: an object that starts from empty (lib/elf_write.c) ---- */

struct lp_out; /* growing ELF64 ET_REL file on an arena */

/* Symbols are named by ids that stay valid; index 0 is the null symbol. The order in the file is
 * locals (FILE symbols first, else in order of creation), then globals. */
struct lp_out *lp_out_create(struct lp_arena *arena);
/* A new section; several may share a name. Returns its index in the file. */
u32 lp_out_section(struct lp_out *out, const char *name, u32 type, u64 flags, u64 align,
		   u64 entsize);
/* Appends SIZE bytes (zeros for DATA NULL) at ALIGN; returns their offset. Raises sh_addralign. */
u64 lp_out_append(struct lp_out *out, u32 section, const void *data, u64 size, u64 align);
/* The bytes of a section so far, writable, valid until the next append to it. */
u8 *lp_out_data(struct lp_out *out, u32 section, u64 *ret_size);
/* A symbol; NAME, VALUE... as in SYM (its `file` is ignored). Returns its id. */
u32 lp_out_symbol(struct lp_out *out, const struct lp_symbol *sym);
/* The STT_SECTION symbol of SECTION, made on first use. */
u32 lp_out_section_symbol(struct lp_out *out, u32 section);
/* A RELA entry; .rela sections are made by the writer. */
void lp_out_reloc(struct lp_out *out, u32 section, u64 off, u32 type, u32 sym_id, s64 addend);
/* sh_link / sh_info of a section, for the few kinds that need them (SHF_LINK_ORDER, SHT_GROUP). */
void lp_out_link(struct lp_out *out, u32 section, u32 link, u32 info);
/* Serialises: deterministic, sections in order of creation, then .rela*, .symtab, .strtab,
 * .shstrtab. The same calls give the same bytes. */
struct lp_err *lp_out_bytes(struct lp_out *out, u8 **ret, size_t *ret_len) LP_MUST_CHECK;
/* lp_out_bytes() into a file, by rename. */
struct lp_err *lp_out_write(struct lp_out *out, const char *path) LP_MUST_CHECK;

#endif
