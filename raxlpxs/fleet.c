/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/fleet.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/printable.h"
#include "raxlpxs/find.h"

#define DELETED " (deleted)"

static char *exe_of(struct lp_arena *arena, u32 pid)
{
	char exe[4096];
	ssize_t n = readlink(lp_printf(arena, "/proc/%u/exe", pid), exe, sizeof(exe) - 1);

	exe[n < 0 ? 0 : n] = '\0';
	lp_printable(exe);
	return lp_strdup(arena, exe);
}

/* Does process PID run the file WANT? Also when an update has put another one in its place since:
 * that is who needs a live patch most. */
static bool runs(struct lp_arena *arena, u32 pid, const char *exe, const char *want)
{
	struct stat a, b;
	size_t len = strlen(exe), tail = strlen(DELETED);

	if (!stat(want, &a) && !stat(lp_printf(arena, "/proc/%u/exe", pid), &b) &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return true;
	return len > tail && !strcmp(exe + len - tail, DELETED) && strlen(want) == len - tail &&
	       !strncmp(exe, want, len - tail);
}

/* Two processes of different pid namespaces may look for the same name in the same directory. */
static bool is_known(const struct lp_fleet *fleet, u32 pid, const char *socket)
{
	for (size_t i = 0; i < fleet->n; i++)
		if (fleet->items[i].pid == pid &&
		    !strcmp(lp_basename(fleet->items[i].socket), lp_basename(socket)))
			return true;
	return false;
}

/* Process PID, if it has a socket. Who runs another file than WANT is not even connected to: that
 * would wake it. SCRATCH is for what is of no use later. */
static void look_at(struct lp_arena *arena, struct lp_arena *scratch, u32 pid, const char *want,
		    struct lp_fleet *ret)
{
	struct lp_fleet_target target = { .pid = pid };
	const char *socket;
	pid_t peer;

	if (want && !runs(scratch, pid, exe_of(scratch, pid), want))
		return;
	struct lp_err *err = lp_find_socket(scratch, pid, &socket);
	if (!err) {
		err = lp_find_listener(scratch, socket, &peer);
		if (!err) /* another one than PID: who speaks to it is told so */
			target.pid = (u32)peer;
		/* What can't be asked is a failure to be told; what nobody listens on is left over
		 * from an earlier process of that number. */
	}
	bool none = lp_err_code(err) == LP_NOTHING;
	lp_err_destroy(err);
	if (none || is_known(ret, target.pid, socket))
		return;
	target.exe = lp_strdup(arena, exe_of(scratch, target.pid));
	target.socket = lp_strdup(arena, socket);
	lp_vec_push(arena, ret, target);
}

static int by_pid(const void *a, const void *b)
{
	const struct lp_fleet_target *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

struct lp_err *lp_fleet_scan(struct lp_arena *arena, const char *exe, struct lp_fleet *ret)
{
	char *real = exe ? realpath(exe, NULL) : NULL;
	const char *want = real ? lp_strdup(arena, real) : exe;
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	free(real);
	if (!dir)
		return lp_err_errno("cannot list the processes in /proc");
	while ((entry = readdir(dir))) {
		struct lp_arena scratch = { 0 };
		unsigned long pid = strtoul(entry->d_name, NULL, 10);

		if (pid && pid <= INT32_MAX)
			look_at(arena, &scratch, (u32)pid, want, ret);
		lp_arena_deinit(&scratch);
	}
	closedir(dir);
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_pid);
	return NULL;
}
