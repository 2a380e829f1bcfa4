/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A patch that takes the place of all that are applied: these go out, with their hooks, the newest
 * first. */
#ifndef SANDBOX_SWAP_H
#define SANDBOX_SWAP_H

#include "runtime/error.h"
#include "runtime/text.h"

/* Asks the prerevert hook of each. False after a veto: those that were asked before are to be told.
 */
bool sb_swap_ask(const struct sb_patches *applied, struct sb_error *err);
/* Runs the postrevert hook of each that was asked and not told yet, whether it is applied still or
 * not any more, the newest of the stack first. */
void sb_swap_tell(const struct sb_patches *applied, const struct sb_patches *checked, int rc);

/* In the window. Takes out all patches and runs their unload hooks. An errno with those that were
 * out in again, if *RET_RESTORED. */
int sb_swap_out_quiet(const struct sb_writer *writer, const struct sb_patches *patches,
		      bool *ret_restored);
/* In the window. Puts in again all that sb_swap_out_quiet() has taken out, after their load hooks,
 * the oldest first. False when the bytes of one were not as it had left them. */
bool sb_swap_back_quiet(const struct sb_writer *writer, const struct sb_patches *patches);
#endif
