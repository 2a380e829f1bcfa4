/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells a frame from an old value on a stack, by call frame information. raxlpxs/unwind.c
 * is the only file that knows libdwfl. It does not guess: a frame that neither the mapped files nor
 * the payloads describe (generated code, hand-written assembler, the bottom of a coroutine) ends
 * it, and what lies above stays unknown.
 */
#ifndef LP_UNWIND_H
#define LP_UNWIND_H

#include "raxlpxs/scan.h"

struct lp_unwind;

struct lp_unwound {
	enum {
		LP_UNWOUND_CLEAR,  /* up to the outermost frame none is in a range */
		LP_UNWOUND_INSIDE, /* one is in range */
		LP_UNWOUND_PARTLY, /* none of those that lie below sp */
	} end;
	size_t range;
	u64 sp; /* 0: nothing was understood */
	struct lp_trail trail;
};

/* Reads the tables of everything that process PID has mapped (milliseconds: not while its threads
 * are stopped). NULL when that is not possible. */
struct lp_unwind *lp_unwind_create(pid_t pid);
/* Also reads those of the N runs of CODE that the mapped files don't know: payloads. */
void lp_unwind_add(struct lp_unwind *unwind, const struct wire_code *code, size_t n);
void lp_unwind_destroy(struct lp_unwind *unwind); /* NULL is fine */

/* Unwinds a stopped thread. */
struct lp_unwound lp_unwind_thread_quiet(struct lp_unwind *unwind,
					 const struct user_regs_struct *regs,
					 const struct lp_ranges *ranges);
/* The same for a suspended coroutine. */
struct lp_unwound lp_unwind_context_quiet(struct lp_unwind *unwind, const struct wire_context *ctx,
					  const struct lp_ranges *ranges);
/* Unwinds from rsp and the address of an instruction alone. */
struct lp_unwound lp_unwind_sp_quiet(struct lp_unwind *unwind, u64 rsp, u64 rip,
				     const struct lp_ranges *ranges);

/* "F+0x1c" for the code at PC, or the address where no symbol is known. */
const char *lp_unwind_name(struct lp_unwind *unwind, struct lp_arena *arena, u64 pc);

#endif
