/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Walks /proc/self/task through a descriptor that was opened before privileges were dropped. */
#include "runtime/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/sys.h"

struct entry { /* struct linux_dirent64 */
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

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

/* "TID/status" relative to TASK_FD, at most LEN - 1 bytes. */
SB_QUIET static bool read_status_quiet(int task_fd, const char *tid, char *buf, size_t len)
{
	static const char suffix[] = "/status";
	char path[32];
	size_t n = 0;
	long fd, got;

	while (*tid && n < sizeof(path) - sizeof(suffix))
		path[n++] = *tid++;
	for (size_t i = 0; i < sizeof(suffix); i++)
		path[n++] = suffix[i];
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

SB_QUIET static bool is_stopped_quiet(int task_fd, const char *tid, pid_t tracer)
{
	char buf[512]; /* the two lines are among the first ten */
	const char *state, *by;

	if (!read_status_quiet(task_fd, tid, buf, sizeof(buf)))
		return false;
	state = line_quiet(buf, "State:");
	if (!state)
		return false;
	if (*state == 'Z' || *state == 'X')
		return true;
	by = line_quiet(buf, "TracerPid:");
	return *state == 't' && by && tracer > 0 && number_quiet(by) == (uint32_t)tracer;
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
			const struct entry *e = (const struct entry *)(buf + at);

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
