/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The files status and schedstat in /proc/self/task/TID of the threads that there are when a
 * transaction begins, open until it ends: to open one in the window takes as long as to read it. A
 * descriptor means its thread and no other that gets the same number later, so it shows nothing
 * wrong; a thread that came later, or for which there were no descriptors to spare, is looked up by
 * its name (quiet.h).
 */
#ifndef SANDBOX_WATCH_H
#define SANDBOX_WATCH_H

#include <stdint.h>
#include <sys/types.h>

#define SB_WATCH_MAX 128

struct sb_watched {
	pid_t tid;
	int status_fd, schedstat_fd;
	pid_t tracer;	/* by whom it was last seen stopped; 0: never */
	uint32_t turns; /* how often it was given a processor until before that look */
};

struct sb_watch {
	uint32_t n, hint; /* hint: where the next search begins; they are asked for in order */
	uint32_t next;	  /* to be looked at ahead, see quiet.h */
	struct sb_watched items[SB_WATCH_MAX];
};

/* TASK_FD is /proc/self/task. Thread SPARED is left out, and so is what can't be opened. */
void sb_watch_open(struct sb_watch *watch, int task_fd, pid_t spared);
void sb_watch_close(struct sb_watch *watch);
/* Thread TID, or NULL. */
struct sb_watched *sb_watch_find_quiet(struct sb_watch *watch, pid_t tid);

#endif
