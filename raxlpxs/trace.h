/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --debug shows: one line on stderr for each message and each step of the
 * stop. While threads are stopped lines are only noted (no I/O, no allocation) and
 * are written once they run again.
 */
#ifndef LP_TRACE_H
#define LP_TRACE_H

#include "lib/types.h"

#define LP_TRACE_MAX 512 /* notes of one stop; more are counted, not kept */

struct lp_trace_note {
	u64 when;	  /* lp_now() */
	const char *what; /* literal */
	u64 value;
};

struct lp_trace {
	bool on;
	bool held;  /* threads are stopped: note, don't write */
	u64 origin; /* lp_now() at the start of the program */
	size_t n_notes;
	size_t n_lost;
	struct lp_trace_note notes[LP_TRACE_MAX];
};

void lp_trace_init(struct lp_trace *trace, bool on);
/* One step; WHAT is a literal, VALUE its number. Safe while threads are stopped. TRACE may be
 * NULL: nothing happens. */
void lp_trace(struct lp_trace *trace, const char *what, u64 value);
void lp_trace_hold(struct lp_trace *trace);
/* Writes what was noted since lp_trace_hold(). */
void lp_trace_flush(struct lp_trace *trace);

#endif
