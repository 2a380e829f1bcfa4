/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/denied.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/printable.h"
#include "raxlpxs/find.h"

#define MAX_COMM   ((size_t)64)
#define MAX_STATUS ((size_t)1 << 14)

#define CAP_SYS_PTRACE 19 /* linux/capability.h */

u32 lp_denied_status_u32(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	return line ? (u32)strtoul(line + strlen(key), NULL, 10) : 0;
}

static struct lp_err *traced_error(struct lp_arena *arena, pid_t pid, u32 tracer)
{
	char *comm = lp_find_proc(arena, tracer, "comm", MAX_COMM, NULL);

	if (comm) {
		comm[strcspn(comm, "\n")] = '\0';
		lp_printable(comm);
	}
	return lp_err_advice(lp_err(LP_BUSY, "process %d is traced by process %u (%s)", pid, tracer,
				    comm ? comm : "?"),
			     "end that debugger or tracer, then try again");
}

static const char *thread_status(struct lp_arena *arena, pid_t pid, pid_t tid)
{
	return lp_find_proc(arena, (u32)pid, lp_printf(arena, "task/%d/status", tid), MAX_STATUS,
			    NULL);
}

/* What this program lacks; NULL when it has all that root has. */
static const char *missing_right(struct lp_arena *arena)
{
	const char *status = lp_find_proc(arena, (u32)getpid(), "status", MAX_STATUS, NULL);
	const char *caps = status ? strstr(status, "\nCapEff:") : NULL;

	if (caps && !(strtoull(caps + strlen("\nCapEff:"), NULL, 16) >> CAP_SYS_PTRACE & 1))
		return "this client has no CAP_SYS_PTRACE";
	if (status && lp_denied_status_u32(status, "\nSeccomp:"))
		return "this client runs under seccomp, which may not allow ptrace";
	return NULL;
}

static char yama_scope(void)
{
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	char scope = '\0';

	if (fd < 0)
		return scope;
	if (read(fd, &scope, 1) < 1)
		scope = '\0';
	close(fd);
	return scope;
}

struct lp_err *lp_denied(struct lp_arena *arena, pid_t pid, pid_t tid, int error)
{
	const char *status = thread_status(arena, pid, tid);
	u32 tracer = status ? lp_denied_status_u32(status, "\nTracerPid:") : 0;

	if (tracer)
		return traced_error(arena, pid, tracer);
	const char *right = missing_right(arena);
	if (!right && yama_scope() == '3')
		right = "kernel.yama.ptrace_scope is 3: nobody may trace until the next boot";
	return lp_err_advice(lp_err(LP_BUSY, "may not stop thread %d of process %d: %s%s%s", tid,
				    pid, strerror(error), right ? "; " : "", right ? right : ""),
			     "run this as root with CAP_SYS_PTRACE");
}

struct lp_err *lp_denied_if_held(struct lp_arena *arena, pid_t pid)
{
	DIR *dir = opendir(lp_printf(arena, "/proc/%d/task", pid));
	struct dirent *d;
	u32 tracer = 0;

	while (dir && (d = readdir(dir))) {
		const char *status;

		if (*d->d_name == '.')
			continue;
		status = thread_status(arena, pid, (pid_t)strtol(d->d_name, NULL, 10));
		tracer = status && strstr(status, "\nState:\tt")
				 ? lp_denied_status_u32(status, "\nTracerPid:")
				 : 0;
		if (!tracer)
			break;
	}
	if (dir)
		closedir(dir);
	return tracer ? traced_error(arena, pid, tracer) : NULL;
}
