/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Stacks: a payload names the patch that it is made on top of, that one the next, down to the
 * executable. It may refer to what they brought along, and replace it.
 */
#ifndef SANDBOX_BELOW_H
#define SANDBOX_BELOW_H

#include "runtime/load.h"
#include "runtime/reloc.h"

/* Is PATCH, which is applied, one of those that a patch with DEPENDS stacks on? */
bool sb_is_below(const struct sb_patches *patches, const struct sb_id *depends,
		 const struct sb_patch *patch);
/* Turns .livepatch.below into the addresses that symbols of that section stand for. */
bool sb_below_resolve(const struct sb_load *load, const struct sb_payload *p,
		      struct sb_arena *scratch, struct sb_layout *layout, struct sb_error *err);
/* The patch below whose text has [ADDR, ADDR + SIZE), or NULL. */
const struct sb_patch *sb_below_text(const struct sb_load *load, const struct sb_id *depends,
				     uint64_t addr, uint64_t size);

#endif
