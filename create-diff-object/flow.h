/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways through one function with its cold part, and where the name of a source file is on
 * them: what lineonly.c needs to know where a number goes.
 */
#ifndef CDO_FLOW_H
#define CDO_FLOW_H

#include "create-diff-object/diff.h"
#include "lib/insn.h"

struct cdo_step {
	struct lp_insn insn;
	struct lp_insn_registers registers;
	u64 off; /* in its part */
	u32 part;
	u32 rel;       /* its last relocation, or CDO_NONE */
	u32 jump;      /* the step that it may jump to, or CDO_NONE */
	u32 numbers;   /* registers in which it, a call, gets numbers that differ */
	u32 named;     /* registers that hold the name of the file whenever it is reached */
	u32 seen_by;   /* the last search that came here */
	bool is_label; /* its address is stored, so that a computed jump may come here */
};

struct cdo_flow {
	struct cdo_diff *diff;
	struct {
		u32 item;
		const u8 *code;
		u32 first, n; /* its steps */
	} parts[2];
	u32 n_parts;
	LP_VEC(struct cdo_step) steps;
	const char *file; /* that `named` is about */
	u32 always;	  /* registers that hold nothing else in the whole function */
	u32 n_searches;
	u64 n_entries; /* of tables that were looked at */
	u32 n_labels;  /* places with stored addresses, each as often as it is stored */
};

/* Takes a part of the original apart; false if it can't be. */
bool cdo_flow_add(struct cdo_flow *flow, u32 item);
/* To be called once, when all parts are there; false if it is not clear where jumps lead. */
bool cdo_flow_link(struct cdo_flow *flow);
/* The step behind step I, or CDO_NONE when that is never executed next. */
u32 cdo_flow_next(const struct cdo_flow *flow, u32 i);

/* ---- flow_calls.c ---- */

/*
 * Is the number that STEP puts into REG, one of the registers for arguments, used for nothing but
 * calls that are given the name of FILE, too? On all ways from there REG is neither read nor
 * returned; each ends with such a call (also one at the end, `jmp *%rax`), or when REG is
 * overwritten.
 */
bool cdo_flow_to_named_calls(struct cdo_flow *flow, u32 step, s8 reg, const char *file);

#endif
