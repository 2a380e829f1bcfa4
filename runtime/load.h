/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * From a parsed payload to a patch that only has to be copied into the areas: sections are placed,
 * symbols resolved, relocations applied in private images, the list of functions checked against
 * the running code. Nothing outside of the private memory and the page maps changes. Whether it
 * goes with the patches that are applied is asked when it is applied itself (fit.h).
 */
#ifndef SANDBOX_LOAD_H
#define SANDBOX_LOAD_H

#include "runtime/area.h"
#include "runtime/error.h"
#include "runtime/exe.h"
#include "runtime/parse.h"
#include "runtime/patch.h"

struct sb_load {
	const struct sb_exe *exe;
	const struct sb_patches *applied;
	const struct sb_patches *checked; /* those that are not applied */
	struct sb_area *areas;		  /* of SB_N_AREAS */
};

struct sb_images { /* what is to be copied to the spans of the patch */
	uint8_t *bytes[SB_N_AREAS];
};

/*
 * SCRATCH holds the images and may go once they are copied. The patch is made on an arena of its
 * own; it keeps its spans until sb_patch_destroy().
 */
bool sb_load(const struct sb_load *load, struct sb_payload *payload, struct sb_arena *scratch,
	     struct sb_patch **ret, struct sb_images *ret_images, struct sb_error *err);
/* Gives back the spans and the memory of a patch that is in no list. NULL is fine. */
void sb_patch_destroy(struct sb_patch *patch, struct sb_area areas[SB_N_AREAS]);

#endif
