/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sentences about what was in the way of a change.
 */
#ifndef LP_BUSY_REASON_H
#define LP_BUSY_REASON_H

#include "raxlpxs/unwind.h"
#include "raxlpxs/window.h"

/* After the last attempt: LP_BUSY, naming thread or coroutine and function. */
struct lp_err *lp_busy_error(struct lp_arena *arena, pid_t pid, const struct lp_ranges *ranges,
			     const struct lp_busy *busy, u32 waited);
/* Adds the backtrace, if there is one, to ERR, which is not NULL. */
struct lp_err *lp_busy_trail(struct lp_err *err, struct lp_arena *arena, struct lp_unwind *unwind,
			     const struct lp_trail *trail);

#endif
