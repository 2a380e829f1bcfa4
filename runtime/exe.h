/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the runtime knows about the program that it is linked into, read from memory once. */
#ifndef SANDBOX_EXE_H
#define SANDBOX_EXE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/payload.h"

#define SB_MAX_SEGMENTS 8

struct sb_exe {
	uint64_t bias;	     /* run-time address minus link-time address */
	uint64_t start, end; /* all that is loaded of the program */
	struct {
		uint64_t start, end;
	} text[SB_MAX_SEGMENTS]; /* executable PT_LOADs, run-time addresses */
	size_t n_text;
	struct {
		uint64_t start, end;
		int prot;	 /* PROT_*, RELRO not yet taken into account */
	} data[SB_MAX_SEGMENTS]; /* the other PT_LOADs that can be read */
	size_t n_data;
	uint64_t relro, relro_end; /* pages that the dynamic linker made read-only */
	uint8_t build_id[LIVEPATCH_MAX_BUILD_ID];
	size_t build_id_len; /* 0 when the program has none */
	char path[4096];     /* of /proc/self/exe, "?" when it can't be read */
};

void sb_exe_init(struct sb_exe *exe);
/* True if [ADDR, ADDR + SIZE) lies in one executable segment of the program. */
bool sb_exe_has_text(const struct sb_exe *exe, uint64_t addr, uint64_t size);
/* True if it lies in one segment of data, on pages of the one protection *RET, PROT_*. */
bool sb_exe_data_prot(const struct sb_exe *exe, uint64_t addr, uint64_t size, int *ret);

#endif
