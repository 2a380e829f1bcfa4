/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Whether the process really is stopped: asked of the kernel, not believed from the client. */
#ifndef SANDBOX_QUIET_H
#define SANDBOX_QUIET_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/watch.h"

/* The threads of the process, as /proc/self/task lists them. */
struct sb_tasks {
	int fd;
	long at, n;	  /* of buf; n: -errno when the listing failed */
	const char *name; /* of the thread, its number as text */
	pid_t tid;
	char buf[4096] __attribute__((aligned(8)));
};

void sb_tasks_begin_quiet(struct sb_tasks *tasks, int task_fd);
/* False at the end, and when the listing failed. */
bool sb_tasks_next_quiet(struct sb_tasks *tasks);

/*
 * True if every thread of the process but LISTENER is in tracing stop by TRACER, has ended, or
 * never runs code of the process (a worker of io_uring or vhost). TASK_FD is /proc/self/task; WATCH
 * makes it faster. Otherwise *RET_TID is a thread that is not, 0 if even that can't be told. No
 * allocation, no lock, no libc.
 */
bool sb_all_stopped_quiet(int task_fd, struct sb_watch *watch, pid_t listener, pid_t tracer,
			  pid_t *ret_tid);
/*
 * Looks ahead, while the client still searches the stacks: notes one thread more of WATCH that is
 * in tracing stop by TRACER, so that sb_all_stopped_quiet() finds less to do. False when all have
 * been looked at, from watch->next on.
 */
bool sb_look_ahead_quiet(struct sb_watch *watch, pid_t tracer);
/* Whether the text of a file /proc/PID/task/TID/stat is that of such a worker. */
bool sb_is_kernel_quiet(const char *stat);

#endif
