/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Stacks: a payload names the patch that it is made on top of, that one the next, down to the
 * executable. It may refer to what they brought along, and replace it.
 */
#ifndef SANDBOX_BELOW_H
#define SANDBOX_BELOW_H

#include "runtime/load.h"
#include "runtime/reloc.h"

/* Is PATCH one of those that a patch with DEPENDS stacks on, by way of the patches in LIST and MORE
 * (or NULL) only? */
bool sb_is_below(const struct sb_patches *list, const struct sb_patches *more,
		 const struct sb_id *depends, const struct sb_patch *patch);
/* Turns .livepatch.below into the addresses that symbols of that section stand for, and notes in
 * PATCH whose they are. */
bool sb_below_resolve(const struct sb_load *load, const struct sb_payload *p,
		      struct sb_arena *scratch, struct sb_layout *layout, struct sb_patch *patch,
		      struct sb_error *err);
/* Is [ADDR, ADDR + SIZE) text of a patch below PATCH? Notes that one, too. */
bool sb_below_has_text(const struct sb_load *load, struct sb_patch *patch, uint64_t addr,
		       uint64_t size);

#endif
