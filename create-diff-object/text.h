/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What references and instructions are called in texts for people. */
#ifndef CDO_TEXT_H
#define CDO_TEXT_H

#include "create-diff-object/diff.h"
#include "lib/insn.h"

/* `'f'`, `'table'+8`, `the string "text"`, `the constant 0x3`. Strings are escaped and cut. */
const char *cdo_target_words(struct lp_arena *arena, const struct cdo_side *side,
			     const struct cdo_target *target);
/* The same as an operand: `f`, `table+8`, `"text"`, `{0x3}`. */
const char *cdo_target_operand(struct lp_arena *arena, const struct cdo_side *side,
			       const struct cdo_target *target);
/* Why S of the original and T are not the same: `string "b" instead of "a"`. */
const char *cdo_targets_differ(const struct cdo_diff *diff, const struct cdo_target *s,
			       const struct cdo_target *t);
/* NAME comes from a file: nothing that moves a terminal or ends a record is left in it. */
const char *cdo_printable(struct lp_arena *arena, const char *name);
/* `function`, `data`, ... */
const char *cdo_kind_name(enum cdo_kind kind);

/* ---- code.c ---- */

struct cdo_insn { /* an instruction of an item */
	const struct cdo_side *side;
	const struct cdo_item *item;
	u64 off;	    /* in the item */
	struct lp_insn raw; /* len 0: the item ends here, or it is no instruction */
	u32 rel, n_rels;    /* relocations in it, indices into elf->rels */
};

/* The bytes of ITEM, NULL when it has none (.bss). */
const u8 *cdo_bytes(const struct cdo_side *side, const struct cdo_item *item);
struct cdo_insn cdo_insn_at(const struct cdo_side *side, u32 item, u64 off);
/* The instruction that holds the byte OFF, found from the start of ITEM. */
struct cdo_insn cdo_insn_around(const struct cdo_side *side, u32 item, u64 off);
/* With names for what it refers to; `(end)` behind the last one. */
const char *cdo_insn_text(struct lp_arena *arena, const struct cdo_insn *insn);
/* Walks both from *A and *B, which stand at corresponding places, to the first two instructions
 * that differ. Jumps inside of a function differ when code between here and there grows; they
 * are passed. False, and nothing done, when no others differ. */
bool cdo_walk_to_difference(struct cdo_diff *diff, struct cdo_insn *a, struct cdo_insn *b);
/* The next instruction behind *INSN by which FUNCTION takes its own address without a relocation;
 * the first one when *INSN is zeroed. False when there is none. */
bool cdo_find_own_address(const struct cdo_side *side, u32 function, struct cdo_insn *insn);
/* What is different about two instructions, in words. */
const char *cdo_insns_differ(struct cdo_diff *diff, const struct cdo_insn *a,
			     const struct cdo_insn *b);

#endif
