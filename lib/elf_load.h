/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the ELF loader: the model while it is being built. Each step checks what it
 * reads, so that later steps and all users can index without a check of their own.
 */
#ifndef LP_ELF_LOAD_H
#define LP_ELF_LOAD_H

#include "lib/elf.h"

struct lp_elf_load {
	struct lp_arena *arena;
	struct lp_elf *elf;
	struct lp_section *sections; /* elf->sections, still writable */
	struct lp_symbol *symbols;   /* elf->symbols, still writable */
	u32 symtab;		     /* section index of the symbol table, or 0 */
};

/* An error about section IDX, "FILE: section 'NAME' [IDX]: ...". */
struct lp_err *lp_elf_bad(const struct lp_elf_load *load, u32 idx, const char *fmt, ...)
	LP_PRINTF(3, 4);

struct lp_err *lp_elf_load_symbols(struct lp_elf_load *load) LP_MUST_CHECK;
struct lp_err *lp_elf_load_relocs(struct lp_elf_load *load) LP_MUST_CHECK;
/* Fills in the tails of RELS. */
void lp_elf_load_operands(const struct lp_elf *elf, struct lp_reloc *rels);
struct lp_err *lp_elf_load_groups(struct lp_elf_load *load) LP_MUST_CHECK;

#endif
