/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The debug sections of a relocatable object as an ELF file of their own: inflated, parts of
 * one name joined, and references between them filled in as a linker would. Addresses of code
 * and data stay offsets in their section.
 */
#ifndef LP_DWARF_IMAGE_H
#define LP_DWARF_IMAGE_H

#include "lib/elf.h"

/* *RET is NULL when ELF has no .debug_info. */
struct lp_err *lp_dwarf_image(struct lp_arena *arena, const struct lp_elf *elf, const u8 **ret,
			      size_t *ret_size) LP_MUST_CHECK;

#endif
