/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/quiet.h"
#include "runtime/sys.h"

/* The lower half of what the program may have: what it opens meanwhile still finds room. */
static int most_fd(void)
{
	struct rlimit limit = { 0 };

	if (sb_sys(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (uint64_t)(uintptr_t)&limit))
		return -1;
	return limit.rlim_cur / 2 > INT32_MAX ? INT32_MAX : (int)(limit.rlim_cur / 2);
}

/* -1: it has ended, or there are no descriptors to spare. */
static int open_file(int task_fd, pid_t tid, const char *name, int most)
{
	char path[32], first[512];
	int fd;

	snprintf(path, sizeof(path), "%d/%s", (int)tid, name);
	fd = openat(task_fd, path, O_RDONLY | O_CLOEXEC);
	/* The kernel allocates at the first read. */
	if (fd >= 0 && (fd >= most || pread(fd, first, sizeof(first), 0) <= 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void add(struct sb_watch *watch, int task_fd, pid_t tid, int most)
{
	struct sb_watched thread = { .tid = tid };

	thread.status_fd = open_file(task_fd, tid, "status", most);
	if (thread.status_fd < 0)
		return;
	thread.schedstat_fd = open_file(task_fd, tid, "schedstat", most);
	watch->items[watch->n++] = thread;
}

void sb_watch_open(struct sb_watch *watch, int task_fd, pid_t spared)
{
	struct sb_tasks tasks;
	int most = most_fd();

	sb_watch_close(watch);
	sb_tasks_begin_quiet(&tasks, task_fd);
	while (watch->n < SB_WATCH_MAX && sb_tasks_next_quiet(&tasks))
		if (tasks.tid != spared)
			add(watch, task_fd, tasks.tid, most);
}

void sb_watch_close(struct sb_watch *watch)
{
	for (uint32_t i = 0; i < watch->n; i++) {
		close(watch->items[i].status_fd);
		if (watch->items[i].schedstat_fd >= 0)
			close(watch->items[i].schedstat_fd);
	}
	watch->n = watch->hint = watch->next = 0;
}

SB_QUIET struct sb_watched *sb_watch_find_quiet(struct sb_watch *watch, pid_t tid)
{
	for (uint32_t i = 0; i < watch->n; i++) {
		uint32_t at = (watch->hint + i) % watch->n;

		if (watch->items[at].tid == tid) {
			watch->hint = at + 1;
			return &watch->items[at];
		}
	}
	return NULL;
}
