/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A patch that takes the place of all that are applied: these go out, with their hooks, the newest
 * first. */
#ifndef SANDBOX_SWAP_H
#define SANDBOX_SWAP_H

#include "runtime/error.h"
#include "runtime/text.h"

/* Asks the prerevert hook of each. After a veto those that were asked before are told so, and
 * nothing has changed. */
bool sb_swap_ask(const struct sb_patches *patches, struct sb_error *err);
/* Runs the postrevert hook of each from NEWEST down that was asked and not told yet. */
void sb_swap_tell(struct sb_patch *newest, int rc);

/* In the window. Takes out all patches and runs their unload hooks. An errno with those that were
 * out in again, if *RET_RESTORED. */
int sb_swap_out_quiet(const struct sb_writer *writer, const struct sb_patches *patches,
		      bool *ret_restored);
/* In the window. Puts in again all that sb_swap_out_quiet() has taken out, after their load hooks,
 * the oldest first. False when the bytes of one were not as it had left them. */
bool sb_swap_back_quiet(const struct sb_writer *writer, const struct sb_patches *patches);
/* In the window. Empties the list; what was in it is linked by `older`. Returns the newest. */
struct sb_patch *sb_swap_unlink_quiet(struct sb_patches *patches);

#endif
