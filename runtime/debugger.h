/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Names of new code for gdb, through its JIT interface: a list of small ELF images in memory. gdb
 * reads it when it attaches, and puts a breakpoint on __jit_debug_register_code(), which is called
 * when the list changes. A program that has the interface itself (QEMU's TCG) shares it.
 */
#ifndef SANDBOX_DEBUGGER_H
#define SANDBOX_DEBUGGER_H

#include "runtime/reloc.h"

/* Makes the image on the arena of PATCH: its functions and its .eh_frame. */
bool sb_debugger_describe(const struct sb_payload *p, const struct sb_layout *layout,
			  struct sb_patch *patch, struct sb_error *err);
/* Once, not while threads are stopped. */
void sb_debugger_add(struct sb_patch *patch);
void sb_debugger_remove(struct sb_patch *patch);

#endif
