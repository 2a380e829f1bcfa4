/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Walks /proc/self/task through a descriptor that was opened before privileges were dropped. */
#include "runtime/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/sys.h"

/*
 * include/linux/sched.h. Threads that the kernel runs inside the process and that never leave it:
 * workers of io_uring (since Linux 5.12) and of vhost (since 6.4; until 5.17 that bit was set in
 * programs that load kernel modules, which nobody patches). Nobody can set the flags from outside.
 */
#define PF_IO_WORKER   0x00000010u
#define PF_USER_WORKER 0x00004000u
#define FLAGS_AT       7 /* blanks between the name of a stat file and the flags */

SB_QUIET static uint32_t number_quiet(const char *s)
{
	uint32_t n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (uint32_t)(*s++ - '0');
	return n;
}

/* The rest of the line that starts with KEY, blanks skipped; NULL when there is none. Lines of
 * /proc/PID/status can't be forged by a thread's name: the kernel escapes its newlines. */
SB_QUIET static const char *line_quiet(const char *text, const char *key)
{
	while (*text) {
		const char *k = key;

		while (*k && *text == *k) {
			k++;
			text++;
		}
		if (!*k) {
			while (*text == '\t' || *text == ' ')
				text++;
			return text;
		}
		while (*text && *text != '\n')
			text++;
		if (*text)
			text++;
	}
	return NULL;
}

/* "TID/NAME" relative to TASK_FD, at most LEN - 1 bytes. */
SB_QUIET static bool read_file_quiet(int task_fd, const char *tid, const char *name, char *buf,
				     size_t len)
{
	char path[32];
	size_t n = 0;
	long fd, got;

	while (*tid && n < 16)
		path[n++] = *tid++;
	path[n++] = '/';
	while (*name && n < sizeof(path) - 1)
		path[n++] = *name++;
	path[n] = '\0';
	fd = sb_sys(SYS_openat, (uint64_t)task_fd, (uint64_t)(uintptr_t)path, O_RDONLY | O_CLOEXEC,
		    0);
	if (fd < 0)
		return false;
	got = sb_sys(SYS_read, (uint64_t)fd, (uint64_t)(uintptr_t)buf, len - 1, 0);
	(void)sb_sys(SYS_close, (uint64_t)fd, 0, 0, 0);
	if (got < 0)
		got = 0;
	buf[got] = '\0';
	return got > 0;
}

SB_QUIET bool sb_is_kernel_quiet(const char *stat)
{
	const char *p = NULL;

	for (const char *c = stat; *c; c++) /* the name may hold anything */
		if (*c == ')')
			p = c;
	if (!p)
		return false;
	for (unsigned blanks = 0; blanks < FLAGS_AT; p++) {
		if (!*p)
			return false;
		blanks += *p == ' ';
	}
	return (number_quiet(p) & (PF_IO_WORKER | PF_USER_WORKER)) != 0;
}

/* How often a thread was given a processor: the third number of its schedstat file
 * (Documentation/scheduler/sched-stats.rst in Linux). 0: not known, the kernel does not count. */
SB_QUIET static uint32_t turns_quiet(int fd)
{
	char buf[64];
	const char *p = buf;
	long n = sb_sys(SYS_pread64, (uint64_t)fd, (uint64_t)(uintptr_t)buf, sizeof(buf) - 1, 0);

	if (n <= 0)
		return 0;
	buf[n] = '\0';
	for (unsigned blanks = 0; blanks < 2 && *p; p++)
		blanks += *p == ' ';
	return number_quiet(p);
}

/* Is it in the very stop in which it was seen before? Who leaves one and comes to another was given
 * a processor in between, and to ask for that takes an eighth of reading the other file. (The time
 * it has used tells less: in a virtual machine the kernel counts none that the host took.) */
SB_QUIET static bool rests_quiet(const struct sb_watched *thread, pid_t tracer)
{
	return tracer > 0 && thread->tracer == tracer &&
	       turns_quiet(thread->schedstat_fd) == thread->turns;
}

SB_QUIET static bool tells_stop_quiet(const char *status, pid_t tracer)
{
	const char *state = line_quiet(status, "State:");
	const char *by = line_quiet(status, "TracerPid:");

	return state && *state == 't' && by && tracer > 0 && number_quiet(by) == (uint32_t)tracer;
}

/* Reads the beginning of its status file; false when the file is of no use. */
SB_QUIET static bool look_quiet(struct sb_watched *thread, pid_t tracer, char *buf, size_t len)
{
	/* Until before the look, so that what it does behind it is seen later. */
	uint32_t turns = turns_quiet(thread->schedstat_fd);
	long got = sb_sys(SYS_pread64, (uint64_t)thread->status_fd, (uint64_t)(uintptr_t)buf,
			  len - 1, 0);

	thread->tracer = 0;
	if (got <= 0) /* it has ended; its number may be another thread's now */
		return false;
	buf[got] = '\0';
	if (turns && tells_stop_quiet(buf, tracer)) {
		thread->tracer = tracer;
		thread->turns = turns;
	}
	return true;
}

#define STATUS_SIZE 512 /* the two lines are among the first ten */

SB_QUIET bool sb_look_ahead_quiet(struct sb_watch *watch, pid_t tracer)
{
	char buf[STATUS_SIZE];

	while (watch->next < watch->n) {
		struct sb_watched *thread = &watch->items[watch->next++];

		if (!rests_quiet(thread, tracer)) {
			look_quiet(thread, tracer, buf, sizeof(buf));
			return true;
		}
	}
	return false;
}

SB_QUIET static bool is_stopped_quiet(const struct sb_tasks *tasks, struct sb_watch *watch,
				      pid_t tracer)
{
	struct sb_watched *thread = sb_watch_find_quiet(watch, tasks->tid);
	char buf[STATUS_SIZE];
	const char *state;

	if (thread && rests_quiet(thread, tracer))
		return true;
	if ((!thread || !look_quiet(thread, tracer, buf, sizeof(buf))) &&
	    !read_file_quiet(tasks->fd, tasks->name, "status", buf, sizeof(buf)))
		return false;
	if (tells_stop_quiet(buf, tracer))
		return true;
	state = line_quiet(buf, "State:");
	if (state && (*state == 'Z' || *state == 'X'))
		return true;
	return read_file_quiet(tasks->fd, tasks->name, "stat", buf, sizeof(buf)) &&
	       sb_is_kernel_quiet(buf);
}

SB_QUIET void sb_tasks_begin_quiet(struct sb_tasks *tasks, int task_fd)
{
	tasks->fd = task_fd;
	tasks->at = 0;
	tasks->n = sb_sys(SYS_lseek, (uint64_t)task_fd, 0, 0, 0);
}

SB_QUIET bool sb_tasks_next_quiet(struct sb_tasks *tasks)
{
	for (;;) {
		const struct sb_dirent *e = (const struct sb_dirent *)(tasks->buf + tasks->at);

		if (tasks->n < 0)
			return false;
		if (tasks->at == tasks->n) {
			tasks->at = 0;
			tasks->n = sb_sys(SYS_getdents64, (uint64_t)tasks->fd,
					  (uint64_t)(uintptr_t)tasks->buf, sizeof(tasks->buf), 0);
			if (tasks->n <= 0)
				return false;
			continue;
		}
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): the kernel fills it */
		tasks->at += e->reclen;
		if (e->name[0] == '.')
			continue;
		tasks->name = e->name;
		tasks->tid = (pid_t)number_quiet(e->name);
		return true;
	}
}

SB_QUIET bool sb_all_stopped_quiet(int task_fd, struct sb_watch *watch, pid_t listener,
				   pid_t tracer, pid_t *ret_tid)
{
	struct sb_tasks tasks;

	sb_tasks_begin_quiet(&tasks, task_fd);
	while (sb_tasks_next_quiet(&tasks)) {
		*ret_tid = tasks.tid;
		if (tasks.tid != listener && !is_stopped_quiet(&tasks, watch, tracer))
			return false;
	}
	*ret_tid = 0;
	return tasks.n == 0;
}
