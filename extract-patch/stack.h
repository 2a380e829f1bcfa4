/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The payloads below, as a part of the running program. */
#ifndef EP_STACK_H
#define EP_STACK_H

#include "extract-patch/patch.h"

/* Has a patch below replaced the function SYM of the executable? The topmost one's new code. */
bool ep_is_replaced_below(const struct ep_patch *patch, u32 sym, struct ep_place *ret);
/* The symbol IDX of the payload of patch BELOW, as a place. */
struct ep_place ep_place_below(const struct ep_patch *patch, u32 below, u32 idx);
/* The section of payload ELF, and the offset in it, that AREA and OFF of .livepatch.below mean. */
bool ep_place_of_payload(const struct lp_elf *elf, u32 area, u64 off, u32 *ret_section,
			 u64 *ret_off);
/* Code or data NAME that a patch below has brought along; all zero (no `match`) if none has. */
struct lp_err *ep_find_new_below(const struct ep_patch *patch, const char *name,
				 struct ep_place *ret) LP_MUST_CHECK;
/* Its first SIZE bytes, not relocated, or NULL. */
const u8 *ep_below_code(const struct ep_patch *patch, const struct ep_place *place, u64 size);
/* May the static NAME of the original INFO be the one of that name in BLOCK? */
struct lp_err *ep_check_static(const struct ep_patch *patch, const struct lp_info *info,
			       struct ep_block block, const char *name) LP_MUST_CHECK;
/* Is the code below (func->below), with its cold part, the original of FUNC (prove_below.c)? */
struct lp_err *ep_prove_below(struct ep_patch *patch, const struct ep_func *func) LP_MUST_CHECK;

#endif
