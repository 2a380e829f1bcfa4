/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image of lib/dwarf_image.h as libdw sees it; for the few files that know libdw. */
#ifndef LP_DWARF_OPEN_H
#define LP_DWARF_OPEN_H

#include <elfutils/libdw.h>

#include "lib/err.h"

struct lp_dwarf {
	Elf *elf;
	Dwarf *handle;
};

/* PATH is for messages. IMAGE must stay until the end. */
struct lp_err *lp_dwarf_open(const char *path, const u8 *image, size_t size,
			     struct lp_dwarf *ret) LP_MUST_CHECK;
void lp_dwarf_close(struct lp_dwarf *dwarf);
/* The next unit, also one that holds a single type. 0 as long as there is one. */
int lp_dwarf_next_unit(struct lp_dwarf *dwarf, Dwarf_CU **cu, Dwarf_Die *ret);
struct lp_err *lp_dwarf_damaged(const char *path) LP_MUST_CHECK;

#endif
