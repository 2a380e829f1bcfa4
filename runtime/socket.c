/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Makes, and at the end removes, the name of the socket. */
#include "runtime/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A long directory is reached through our own descriptor of it. */
static bool set_address(const struct sb_socket *s, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(s->path) < sizeof(addr->sun_path)) {
		memcpy(addr->sun_path, s->path, strlen(s->path));
		return true;
	}
	return (size_t)snprintf(addr->sun_path, sizeof(addr->sun_path), "/proc/self/fd/%d/%s",
				s->dir_fd, s->name) < sizeof(addr->sun_path);
}

/* Our number is in the name, so whoever made it is dead, unless directories are shared between
 * process namespaces: then somebody answers. */
static bool clear_way(const struct sb_socket *s, const struct sockaddr_un *addr,
		      struct sb_error *err)
{
	struct stat st;
	int fd, rc;

	if (fstatat(s->dir_fd, s->name, &st, AT_SYMLINK_NOFOLLOW))
		return true;
	errno = EEXIST;
	if (!S_ISSOCK(st.st_mode))
		return sb_fail(err, SB_FAILED, "'%s' is in the way and is not a socket", s->path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sb_fail(err, SB_FAILED, "socket: %s", strerror(errno));
	rc = connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	rc = rc && errno == ECONNREFUSED ? 0 : -1;
	close(fd);
	if (rc) {
		errno = EADDRINUSE;
		return sb_fail(err, SB_FAILED, "'%s' is served by another process", s->path);
	}
	if (unlinkat(s->dir_fd, s->name, 0))
		return sb_fail(err, SB_FAILED, "removing the stale '%s' failed: %s", s->path,
			       strerror(errno));
	return true;
}

static bool listen_on(struct sb_socket *s, const struct sockaddr_un *addr, struct sb_error *err)
{
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return sb_fail(err, SB_FAILED, "socket: %s", strerror(errno));
	/* bind() gives the name the mode of the descriptor: never wider than this, not even for a
	 * moment, and without touching the umask that other threads share. */
	if (fchmod(s->fd, 0600) || bind(s->fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return sb_fail(err, SB_FAILED, "making the socket '%s' failed: %s", s->path,
			       strerror(errno));
	if (listen(s->fd, 64)) {
		sb_error_set(err, SB_FAILED, "listening on '%s' failed: %s", s->path,
			     strerror(errno));
		sb_socket_unlink(s);
		return false;
	}
	return true;
}

static void close_both(struct sb_socket *s)
{
	int saved = errno;

	if (s->fd >= 0)
		close(s->fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	s->fd = s->dir_fd = -1;
	errno = saved;
}

bool sb_socket_open(struct sb_socket *s, const char *dir, struct sb_error *err)
{
	struct sockaddr_un addr;

	s->fd = -1;
	s->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return sb_fail(err, SB_FAILED, "opening the directory '%s' failed: %s", dir,
			       strerror(errno));
	snprintf(s->name, sizeof(s->name), "sandbox-sock%d", (int)getpid());
	if ((size_t)snprintf(s->path, sizeof(s->path), "%s/%s", dir, s->name) >= sizeof(s->path) ||
	    !set_address(s, &addr)) {
		errno = ENAMETOOLONG;
		close_both(s);
		return sb_fail(err, SB_FAILED, "the name of the directory '%s' is too long", dir);
	}
	if (!clear_way(s, &addr, err) || !listen_on(s, &addr, err)) {
		close_both(s);
		return false;
	}
	return true;
}

void sb_socket_unlink(const struct sb_socket *s)
{
	if (s->dir_fd >= 0)
		unlinkat(s->dir_fd, s->name, 0);
}
