/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While threads are stopped this program must not be stopped itself: signals wait, except SIGSTOP,
 * which can't be blocked. So a child watches a timer that is set for each stop. If it runs out, the
 * child kills this program, and then the kernel lets the threads go.
 */
#ifndef LP_GUARD_H
#define LP_GUARD_H

#include <sys/types.h>

#include "lib/err.h"

struct lp_guard {
	pid_t child;
	int timer; /* shared with the child */
	int alive; /* the child ends when this is closed */
};

/* When it returns the child has nothing of this program but its own two descriptors, above all not
 * the connection, by whose end the runtime sees that this program was killed. */
struct lp_err *lp_guard_start(struct lp_guard *guard, pid_t target) LP_MUST_CHECK;
void lp_guard_stop(struct lp_guard *guard);
/* This program has TIME ns from now until lp_guard_disarm_quiet(). */
void lp_guard_arm_quiet(const struct lp_guard *guard, u64 time);
void lp_guard_disarm_quiet(const struct lp_guard *guard);

#endif
