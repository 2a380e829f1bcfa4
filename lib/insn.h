/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One x86-64 instruction: how long it is, where its numbers are, and its text. lib/insn.c is the
 * only file that knows Zydis.
 */
#ifndef LP_INSN_H
#define LP_INSN_H

#include "lib/arena.h"

#define LP_INSN_MAX 15 /* bytes of the longest instruction */

struct lp_insn_field { /* a number inside the instruction */
	u8 off;	       /* of its first byte in the instruction */
	u8 width;      /* in bytes: 1, 2, 4 or 8; 0 when there is none */
	s64 value;     /* sign-extended; of a zero-extended immediate, too */
};

enum lp_flow {		   /* what is executed next */
	       LP_FLOW_ON, /* the instruction behind it */
	       LP_FLOW_CALL,
	       LP_FLOW_JUMP,	 /* a fixed place */
	       LP_FLOW_CHOICE,	 /* a fixed place, or the instruction behind it */
	       LP_FLOW_COMPUTED, /* a place that is computed: a jump table, a call at the end */
	       LP_FLOW_RETURN,
	       LP_FLOW_STOP, /* ud2, int3 */
};

struct lp_insn {
	u8 len;
	u8 flow; /* enum lp_flow */
	/* Registers (0 is rax, 15 is r15) between which a 64-bit `mov` copies. A fixed address
	 * (`lea`, `mov $..`) is loaded from none. -1 for none, and for all other instructions. */
	s8 copy_from, copy_to;
	bool is_pop;		     /* of a register: at the end of a function it restores that */
	bool is_rip_relative;	     /* disp counts from the end of the instruction */
	bool is_branch;		     /* imm[0] counts from the end: a relative jump or call */
	struct lp_insn_field disp;   /* of a memory operand */
	struct lp_insn_field imm[2]; /* the second only for enter and two others */
	s64 target;		     /* of the branch, from the start of the instruction */
};

/* Decodes the instruction at the start of CODE, of which SIZE bytes exist; false when they are
 * not an instruction, or end in the middle of it. */
bool lp_insn_decode(const u8 *code, u64 size, struct lp_insn *ret);

struct lp_insn_registers { /* general registers as bits, 1 << 0 is rax */
	u32 reads;	   /* also those that it keeps a part of */
	u32 writes;	   /* also those that it may leave alone */
};

/* What the instruction does with registers; all bits when there is no instruction. A call does what
 * its own operands say. Slower than lp_insn_decode(). */
struct lp_insn_registers lp_insn_registers(const u8 *code, u64 size);

/* Bytes that its memory operand has; 0 when it has none, or only its address counts (lea). Slower
 * than lp_insn_decode(), too. */
u32 lp_insn_access(const u8 *code, u64 size);

/* What to show for the field at OFF of the instruction instead of its number, without the $ of
 * an immediate; NULL to show the number. Asked for each displacement, immediate and branch. */
typedef const char *lp_insn_symbol_fn(void *arg, u32 off);

/* The instruction in AT&T form, as objdump shows it: `call qemu_mutex_lock_impl`. AT is where
 * it stands, for branches without a symbol; SYMBOL may be NULL. Bytes that are no instruction
 * give `(bad)`. */
const char *lp_insn_text(struct lp_arena *arena, const u8 *code, u64 size, u64 at,
			 lp_insn_symbol_fn *symbol, void *arg);

#endif
