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
	uint64_t *below;	    /* address of each entry of SB_BELOW */
	uint8_t *lists[SB_N_LISTS]; /* copies, NULL for one that the payload does not have */
};

/* Applies every relocation of a placed section, with overflow and range checks. Imports that a
 * relocation names are looked up with dlsym(). */
bool sb_relocate(const struct sb_payload *p, const struct sb_layout *layout, struct sb_error *err);
/* The SIZE bytes at run-time address ADDR in the image of AREA, or NULL if they are not all there.
 */
const uint8_t *sb_layout_bytes(const struct sb_layout *layout, enum sb_area_id area, uint64_t addr,
			       uint64_t size);
/* A copy on ARENA of the NUL-terminated string at run-time address ADDR of the payload's data; NULL
 * if there is none, or an empty one. */
const char *sb_layout_string(const struct sb_layout *layout, struct sb_arena *arena, uint64_t addr);

#endif
