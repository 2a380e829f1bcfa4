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

SB_QUIET static bool is_stopped_quiet(int task_fd, const char *tid, pid_t tracer)
{
	char buf[512]; /* the two lines are among the first ten */
	const char *state, *by;

	if (!read_file_quiet(task_fd, tid, "status", buf, sizeof(buf)))
		return false;
	state = line_quiet(buf, "State:");
	if (!state)
		return false;
	if (*state == 'Z' || *state == 'X')
		return true;
	by = line_quiet(buf, "TracerPid:");
	if (*state == 't' && by && tracer > 0 && number_quiet(by) == (uint32_t)tracer)
		return true;
	return read_file_quiet(task_fd, tid, "stat", buf, sizeof(buf)) && sb_is_kernel_quiet(buf);
}

SB_QUIET bool sb_all_stopped_quiet(int task_fd, pid_t listener, pid_t tracer, pid_t *ret_tid)
{
	char buf[1024] __attribute__((aligned(8))) = { 0 };
	long n;

	*ret_tid = 0;
	if (sb_sys(SYS_lseek, (uint64_t)task_fd, 0, 0, 0) != 0)
		return false;
	while ((n = sb_sys(SYS_getdents64, (uint64_t)task_fd, (uint64_t)(uintptr_t)buf, sizeof(buf),
			   0)) > 0) {
		for (long at = 0; at < n;) {
			const struct sb_dirent *e = (const struct sb_dirent *)(buf + at);

			at += e->reclen;
			if (e->name[0] == '.')
				continue;
			*ret_tid = (pid_t)number_quiet(e->name);
			if (*ret_tid != listener && !is_stopped_quiet(task_fd, e->name, tracer))
				return false;
		}
	}
	*ret_tid = 0;
	return n == 0;
}
