/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A patch that takes the place of all that are applied. */
#ifndef SANDBOX_SWAP_H
#define SANDBOX_SWAP_H

#include "runtime/error.h"
#include "runtime/text.h"

/* Hooks of a patch run when it alone goes in or out: one that has some is in the way. */
bool sb_swap_check(const struct sb_patches *patches, const struct sb_patch *patch,
		   struct sb_error *err);
/* In the window. Takes out all patches, newest first. 0, or an errno with everything as it was. */
int sb_take_all_out_quiet(const struct sb_writer *writer, const struct sb_patches *patches,
			  uint32_t *ret_at);
/* In the window. Puts in again all that sb_take_all_out_quiet() has taken out. */
void sb_put_all_in_quiet(const struct sb_writer *writer, const struct sb_patches *patches);

#endif
