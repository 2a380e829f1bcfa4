/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The journal of a patch: all that the window exchanges, jumps and tables alike. */
#ifndef SANDBOX_WRITES_H
#define SANDBOX_WRITES_H

#include "runtime/load.h"
#include "runtime/reloc.h"

/* Fills patch->writes from the functions of PATCH, which were checked, and from .livepatch.tables,
 * or says why a table can't be replaced. */
bool sb_writes_check(const struct sb_load *load, const struct sb_payload *p,
		     const struct sb_layout *layout, struct sb_patch *patch, struct sb_error *err);

#endif
