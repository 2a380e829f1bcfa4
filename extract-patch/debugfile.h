/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the symbols of a stripped executable are. */
#ifndef EP_DEBUGFILE_H
#define EP_DEBUGFILE_H

#include "lib/elf.h"

struct ep_debug {
	const char *file; /* NULL: search for it */
	const char *root; /* folder of separate debug files; NULL: /usr/lib/debug */
};

/* The file with the symbol table of ELF: the one that is named, else that of ROOT/.build-id or the
 * one that .gnu_debuglink names. */
struct lp_err *ep_debug_file_load(struct lp_arena *arena, const struct lp_elf *elf,
				  const struct ep_debug *debug,
				  const struct lp_elf **ret) LP_MUST_CHECK;

#endif
