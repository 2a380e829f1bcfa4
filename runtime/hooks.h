/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The author's functions that run when a patch goes in or out; livepatch.h tells him what they may
 * do. Load and unload hooks run in the window, the others in the listener thread while nobody is
 * stopped. What a hook does can't be checked or undone: a crash in one is the program's.
 */
#ifndef SANDBOX_HOOKS_H
#define SANDBOX_HOOKS_H

#include "runtime/load.h"
#include "runtime/reloc.h"

/* Fills patch->hooks from the relocated copies in LAYOUT. */
bool sb_hooks_check(const struct sb_load *load, const struct sb_payload *p,
		    const struct sb_layout *layout, struct sb_patch *patch, struct sb_error *err);

/* All hooks of KIND, SB_LOAD or SB_UNLOAD, in their order. */
void sb_hooks_run_quiet(const struct sb_patch *patch, enum sb_hook kind);
/* The pre hook, if there is one: false when it vetoes. */
bool sb_hooks_before(const struct sb_patch *patch, enum sb_hook kind, struct sb_error *err);
/* The post hook, if there is one. RC is 0 or a negative errno. */
void sb_hooks_after(const struct sb_patch *patch, enum sb_hook kind, int rc);

#endif
