/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the kernel does not let us stop a process or look into it: somebody else traces it, or what
 * right is missing. Exit code 5, because nothing is wrong with process or patch.
 */
#ifndef LP_DENIED_H
#define LP_DENIED_H

#include <sys/types.h>

#include "lib/err.h"
#include "lib/vec.h"

/* ERROR is the errno that thread TID gave. */
struct lp_err *lp_denied(struct lp_arena *arena, pid_t pid, pid_t tid, int error);
/* An error if every thread of PID is stopped by a tracer, so that nobody there would answer. Not
 * when another raxlpxs is at work: that leaves the listener alone. */
struct lp_err *lp_denied_if_held(struct lp_arena *arena, pid_t pid) LP_MUST_CHECK;

/* The number behind KEY ("TracerPid:") in the text of a status file, or 0. */
u32 lp_denied_status_u32(const char *status, const char *key);

#endif
