/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/peer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Its name is for the reader of the log only: a process gives itself any name, and when it ended
 * between connecting and this, its number may be another's already. */
static void read_comm(int task_fd, struct sb_peer *peer)
{
	char path[40];
	ssize_t n;
	int fd;

	peer->comm[0] = '\0';
	if (peer->pid <= 0 || task_fd < 0)
		return;
	/* Also found after chroot(), where there may be no /proc. */
	snprintf(path, sizeof(path), "../../%d/comm", peer->pid);
	fd = openat(task_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, peer->comm, sizeof(peer->comm));
	close(fd);
	peer->comm[n > 0 ? n - 1 : 0] = '\0'; /* the newline, or too much */
}

bool sb_peer_read(int fd, int task_fd, struct sb_peer *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	*ret = (struct sb_peer){ .pid = cred.pid, .uid = cred.uid, .fd = fd };
	read_comm(task_fd, ret);
	return true;
}

bool sb_peer_is_trusted(const struct sb_peer *peer)
{
#ifdef SANDBOX_ALLOW_OWNER
	if (peer->uid == geteuid())
		return true;
#endif
	return peer->uid == 0;
}
