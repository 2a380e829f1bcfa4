/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A payload while it is written: payload.c has sections and symbols, payload_lists.c the lists,
 * payload_notes.c what the payload says of itself.
 */
#ifndef EP_WRITER_H
#define EP_WRITER_H

#include "extract-patch/output.h"
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
/* Whose payload this is, what it is for, and room for a signature. */
void ep_write_notes(struct ep_writer *w);
/* KEY=VALUE, each with a NUL behind it. */
void ep_write_modinfo(struct ep_writer *w, const struct ep_output *output);
/* The manifest and the source diff, compressed. */
struct lp_err *ep_write_texts(struct ep_writer *w, const struct ep_output *output,
			      const char *manifest, size_t manifest_len) LP_MUST_CHECK;
/* Puts its build-id into the FILE that was made of it. */
struct lp_err *ep_stamp(const struct ep_writer *w, u8 *file, size_t len) LP_MUST_CHECK;

#endif
