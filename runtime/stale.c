/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/stale.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/sys.h"

#define PREFIX	   "sandbox-sock"
#define MAX_READS  64 /* of 4 KiB: some ten thousand names, a few milliseconds */
#define MAX_DIGITS 9  /* the kernel's pids have at most seven */

bool sb_socket_address(const struct sb_socket *s, const char *name, struct sockaddr_un *ret)
{
	size_t dir_len = strlen(s->path) - strlen(s->name), n = strlen(name);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (dir_len + n < sizeof(ret->sun_path)) {
		memcpy(ret->sun_path, s->path, dir_len);
		memcpy(ret->sun_path + dir_len, name, n);
		return true;
	}
	/* A long directory is reached through our own descriptor of it. */
	return (size_t)snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s",
				s->dir_fd, name) < sizeof(ret->sun_path);
}

bool sb_is_deserted(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused;

	if (fd < 0)
		return false;
	refused =
		connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

int sb_socket_pid(const char *name)
{
	const char *digits = name + sizeof(PREFIX) - 1;
	int pid = 0;

	if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0 || digits[0] == '0' ||
	    strlen(digits) > MAX_DIGITS)
		return 0;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return 0;
		pid = pid * 10 + (*digits - '0');
	}
	return pid;
}

static bool is_dead(int pid)
{
	return sb_sys(SYS_kill, (uint64_t)pid, 0, 0, 0) == -ESRCH;
}

/* The process is asked for before and after: where directories are shared between process
 * namespaces, one that does not exist here may listen all the same, and in ours the number may have
 * been given anew while we looked. */
static void consider(const struct sb_socket *s, const char *name)
{
	struct sockaddr_un addr;
	struct stat st;
	int pid = sb_socket_pid(name);

	if (!pid || !is_dead(pid) || fstatat(s->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return;
	if (sb_socket_address(s, name, &addr) && sb_is_deserted(&addr) && is_dead(pid))
		(void)unlinkat(s->dir_fd, name, 0);
}

void sb_stale_remove(const struct sb_socket *s)
{
	char buf[4096] __attribute__((aligned(8))) = { 0 };
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) /* we may make names there, but not see them */
		return;
	for (unsigned i = 0; i < MAX_READS; i++) {
		long n = sb_sys(SYS_getdents64, (uint64_t)fd, (uint64_t)(uintptr_t)buf, sizeof(buf),
				0);

		if (n <= 0)
			break;
		for (long at = 0; at < n;) {
			const struct sb_dirent *e = (const struct sb_dirent *)(buf + at);

			consider(s, e->name);
			at += e->reclen;
		}
	}
	close(fd);
}
