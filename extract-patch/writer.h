/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payload while it is written: payload.c has sections and symbols, payload_lists.c the lists. */
#ifndef EP_WRITER_H
#define EP_WRITER_H

#include "extract-patch/patch.h"

struct ep_writer {
	const struct ep_patch *patch;
	struct lp_out *out;
	u32 areas[EP_N_AREAS]; /* section indices, 0 for empty ones */
	u32 *piece_syms;       /* symbol id of each piece, 0 for none */
	struct lp_map abs_syms, import_syms;
	u32 build_id; /* section index */
	u32 below;    /* section index, 0: not made yet */
};

/* The symbol that stands for a place; what is to be added to it is added to *ADDEND. */
u32 ep_symbol_of(struct ep_writer *w, const struct ep_place *to, s64 *addend);
/* .livepatch.funcs, .ranges, .tables, .hooks.KIND. */
void ep_write_lists(struct ep_writer *w);

#endif
