/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Symbols and relocations of a payload whose sections have got their places. */
#ifndef SANDBOX_RELOC_H
#define SANDBOX_RELOC_H

#include "runtime/error.h"
#include "runtime/mem.h"
#include "runtime/parse.h"

struct sb_layout {
	uint64_t bias;		    /* of the executable, added to SHN_ABS */
	uint64_t base[SB_N_AREAS];  /* run-time address of the image of each area */
	uint8_t *image[SB_N_AREAS]; /* NULL for an empty one */
	uint64_t size[SB_N_AREAS];  /* of the image */
	uint8_t *funcs;		    /* copy of .livepatch.funcs */
	uint8_t *ranges;	    /* copy of .livepatch.ranges, NULL when there is none */
};

/* Applies every relocation of a placed section, with overflow and range checks. Imports that a
 * relocation names are looked up with dlsym(). */
bool sb_relocate(const struct sb_payload *p, const struct sb_layout *layout, struct sb_error *err);

#endif
