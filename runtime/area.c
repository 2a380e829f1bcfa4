/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reserves the areas. The text one is written in assembler because C has no way to put bytes
 * into .text; in a section of its own, or the debug information would say that the area is of this
 * file, and gdb look no further. extract-patch looks for the symbol sandbox_text_area. The other
 * two are in .bss, so that the file does not grow by them; sandbox_init() makes the read-only one
 * read-only.
 */
#include "runtime/area.h"

#include "runtime/mem.h"

#ifndef SANDBOX_ALLOC
#error "SANDBOX_ALLOC, the size of each area in bytes, comes from the Makefile"
#endif

_Static_assert(SANDBOX_ALLOC > 0 && SANDBOX_ALLOC % SB_PAGE == 0, "areas are whole pages");

#define STRING_(x) #x
#define STRING(x)  STRING_(x)

/* clang-format off */
__asm__(".pushsection .text.sandbox_area, \"ax\", @progbits\n"
	"	.balign 4096\n"
	"	.globl sandbox_text_area\n"
	"	.hidden sandbox_text_area\n"
	"	.type sandbox_text_area, @object\n"
	"	.size sandbox_text_area, " STRING(SANDBOX_ALLOC) "\n"
	"sandbox_text_area:\n"
	"	.fill " STRING(SANDBOX_ALLOC) ", 1, 0xc3\n"
	".popsection\n");
/* clang-format on */

extern uint8_t sandbox_text_area[SANDBOX_ALLOC];
static uint8_t rodata_area[SANDBOX_ALLOC] __attribute__((aligned(SB_PAGE)));
static uint8_t data_area[SANDBOX_ALLOC] __attribute__((aligned(SB_PAGE)));
static uint8_t taken[SB_N_AREAS][SANDBOX_ALLOC / SB_PAGE];

void sb_areas_init(struct sb_area areas[SB_N_AREAS])
{
	areas[SB_TEXT].base = sandbox_text_area;
	areas[SB_RODATA].base = rodata_area;
	areas[SB_DATA].base = data_area;
	for (unsigned i = 0; i < SB_N_AREAS; i++) {
		areas[i].taken = taken[i];
		areas[i].n_pages = SANDBOX_ALLOC / SB_PAGE;
	}
}
