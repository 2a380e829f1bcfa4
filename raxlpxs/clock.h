/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deadlines are points on the monotonic clock, in nanoseconds.
 */
#ifndef LP_CLOCK_H
#define LP_CLOCK_H

#include <time.h>

#include "lib/types.h"

#define LP_US UINT64_C(1000)
#define LP_MS UINT64_C(1000000)
#define LP_S  UINT64_C(1000000000)

static inline u64 lp_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * LP_S + (u64)ts.tv_nsec;
}

/* What is left until DEADLINE; 0 when it has passed. */
static inline u64 lp_left(u64 deadline)
{
	u64 now = lp_now();

	return deadline > now ? deadline - now : 0;
}

#endif
