/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An object while it is made: elf_out.c collects what is in it, elf_write.c writes it. */
#ifndef LP_ELF_OUT_H
#define LP_ELF_OUT_H

#include "lib/elf.h"
#include "lib/map.h"
#include "lib/vec.h"

struct lp_out_rel {
	u64 off;
	u32 type, sym_id;
	s64 addend;
};

struct lp_out_sec {
	const char *name;
	u32 type, link, info;
	u64 flags, align, entsize;
	u8 *data; /* NULL for SHT_NOBITS */
	u64 size, cap;
	u32 secsym; /* id of its STT_SECTION symbol, or 0 */
	LP_VEC(struct lp_out_rel) relocs;
};

struct lp_out {
	struct lp_arena *arena;
	LP_VEC(struct lp_out_sec) sections;
	LP_VEC(struct lp_symbol) symbols;
};

/* Makes room for SIZE more bytes behind the contents. */
void lp_out_reserve(struct lp_arena *arena, struct lp_out_sec *sec, u64 size);

#endif
