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

/* In the window. The unload hooks of all, the newest first; how many there are. */
uint32_t sb_swap_unload_quiet(const struct sb_patches *patches);
/* In the window. The load hooks of all, the oldest first. */
void sb_swap_load_quiet(const struct sb_patches *patches);
/* In the window. Takes out all patches. An errno with those that were out in again, or
 * -ENOTRECOVERABLE when the bytes of one were not as it had left them. */
int sb_swap_out_quiet(const struct sb_writer *writer, const struct sb_patches *patches);
/* In the window. Puts in again all that sb_swap_out_quiet() has taken out. False when that does
 * not succeed with one. */
bool sb_swap_back_quiet(const struct sb_writer *writer, const struct sb_patches *patches);

#endif
