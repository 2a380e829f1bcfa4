/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a child: fork, pipes, exec, and a failed exec told apart from a program
 * that failed. Only lib/proc.c uses this.
 */
#ifndef LP_PROC_CHILD_H
#define LP_PROC_CHILD_H

#include <sys/types.h>

#include "lib/proc.h"

struct lp_child {
	pid_t pid;
	int pidfd; /* readable once the child has ended */
	int out;   /* read end of its stdout, and of its stderr unless split; non-blocking */
	int err;   /* read end of its stderr when split, else -1; non-blocking */
};

/* Starts PROC; returns once the program runs. The caller closes the descriptors and reaps. */
struct lp_err *lp_child_start(struct lp_arena *arena, const struct lp_proc *proc, bool split,
			      struct lp_child *ret) LP_MUST_CHECK;

#endif
