/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What should be in the executable: the bytes of an object's section once every relocation is
 * applied as the linker would have done it.
 */
#ifndef EP_IMAGE_H
#define EP_IMAGE_H

#include "extract-patch/patch.h"

struct ep_image {
	struct ep_patch *patch;
	u32 input;
	const struct lp_elf *elf; /* of the input */
	u32 section;		  /* where the bytes are that should be in the executable */
	u64 base, size;		  /* which of them */
	u64 addr;		  /* where they should be */
	/* The function under comparison: references into its section are to itself. */
	u32 code_section;
	u64 code_base, code_addr;
	u32 depth;
	const u8 *have;	   /* the executable's bytes */
	u8 *want;	   /* the object's, relocated */
	const char *error; /* why a name was not found */
	const char *why;   /* it differs */
	u64 why_off;
};

/* False, and the first offset where it differs, if the executable has something else. */
bool ep_image_matches(struct ep_image *image, u64 *ret_off);

#endif
