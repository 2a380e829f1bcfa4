/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells a frame from an old value on a stack, by call frame information. raxlpxs/unwind.c
 * is the only file that knows libdwfl. It fails closed: a stack counts as clear only if
 * every frame up to the outermost one was found by call frame information of the file that
 * is mapped there. Generated code and payloads have none.
 */
#ifndef LP_UNWIND_H
#define LP_UNWIND_H

#include "raxlpxs/scan.h"

struct lp_unwind;

/* Reads the tables of everything that process PID has mapped (milliseconds: not while its threads
 * are stopped). NULL when that is not possible. */
struct lp_unwind *lp_unwind_create(pid_t pid);
void lp_unwind_destroy(struct lp_unwind *unwind); /* NULL is fine */

/* Unwinds a stopped thread; INSIDE sets *RET_RANGE. */
enum lp_unwound lp_unwind_thread_quiet(struct lp_unwind *unwind,
				       const struct user_regs_struct *regs,
				       const struct lp_ranges *ranges, size_t *ret_range);
/* The same for a suspended coroutine. */
enum lp_unwound lp_unwind_context_quiet(struct lp_unwind *unwind, const struct wire_context *ctx,
					const struct lp_ranges *ranges, size_t *ret_range);

#endif
