/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is inside the functions that would change, without stopping anybody: the kernel tells where a
 * thread that waits in a system call does so (/proc/PID/task/TID/syscall), and its stack is
 * unwound from there. Some looks within a second tell a function that is being passed through
 * from one that is never left, such as a main loop. Below coroutines, and where frames need a
 * register that nobody has saved, nothing is seen: then nothing is predicted.
 */
#ifndef LP_PREDICT_H
#define LP_PREDICT_H

#include "raxlpxs/unwind.h"

#define LP_PREDICT_LOOKS 10
#define LP_PREDICT_TIME	 (1 * LP_S) /* from the first look to the last */

struct lp_sighting {
	struct lp_busy busy; /* the last time that the thread was in a range */
	u32 seen;	     /* times that it was there */
	u32 looked;	     /* times that its stack could be unwound */
};

/* The threads of PID but SPARED that were in one of RANGES. Takes LP_PREDICT_TIME, or a third
 * of it when nobody is seen. */
struct lp_err *lp_predict(struct lp_arena *arena, pid_t pid, pid_t spared, struct lp_unwind *unwind,
			  const struct lp_ranges *ranges, struct lp_sighting **ret,
			  size_t *ret_n) LP_MUST_CHECK;
/* One that never left it, as far as could be seen; NULL when there is none. */
const struct lp_sighting *lp_predict_stuck(const struct lp_sighting *sightings, size_t n);

/* Takes the text of a syscall file apart; false when the thread runs, or it is none. */
bool lp_predict_parse(const char *text, u64 *ret_sp, u64 *ret_pc);

#endif
