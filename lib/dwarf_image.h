/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The debug sections of a relocatable object as an ELF file of their own: inflated, parts of
 * one name joined, and references between them filled in as a linker would. Code and data are
 * not in there, but each allocated section has a range of addresses of its own.
 */
#ifndef LP_DWARF_IMAGE_H
#define LP_DWARF_IMAGE_H

#include "lib/elf.h"

/* *RET is NULL when ELF has no .debug_info. */
struct lp_err *lp_dwarf_image(struct lp_arena *arena, const struct lp_elf *elf, const u8 **ret,
			      size_t *ret_size) LP_MUST_CHECK;

/* Address of each section in the image, rising with the index. Only allocated ones that have
 * contents take up room. */
u64 *lp_dwarf_bases(struct lp_arena *arena, const struct lp_elf *elf);
/* The section whose addresses include ADDR (its end, too) and the offset in it; 0 for none. */
u32 lp_dwarf_section_at(const struct lp_elf *elf, const u64 *bases, u64 addr, u64 *ret_off);

#endif
