/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/dwarf_open.h"

struct lp_err *lp_dwarf_open(const char *path, const u8 *image, size_t size, struct lp_dwarf *ret)
{
	elf_version(EV_CURRENT);
	/* libelf takes a writable image; nothing here asks it to write. */
	ret->elf = elf_memory((char *)(uintptr_t)image, size);
	ret->handle = ret->elf ? dwarf_begin_elf(ret->elf, DWARF_C_READ, NULL) : NULL;
	if (ret->handle)
		return NULL;
	elf_end(ret->elf);
	return lp_err(LP_FAILED, "%s: cannot read the debug information: %s", path,
		      dwarf_errmsg(-1));
}

void lp_dwarf_close(struct lp_dwarf *dwarf)
{
	dwarf_end(dwarf->handle);
	elf_end(dwarf->elf);
}

int lp_dwarf_next_unit(struct lp_dwarf *dwarf, Dwarf_CU **cu, Dwarf_Die *ret)
{
	return dwarf_get_units(dwarf->handle, *cu, cu, NULL, NULL, ret, NULL);
}

struct lp_err *lp_dwarf_damaged(const char *path)
{
	int code = dwarf_errno();

	return lp_err(LP_FAILED, "%s: damaged debug information: %s", path,
		      code ? dwarf_errmsg(code) : "a part of it is missing");
}
