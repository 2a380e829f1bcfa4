/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Makes, and at the end removes, the name of the socket. */
#include "runtime/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/stale.h"

/*
 * Whoever may rename in the directory may put a socket of his own in the place of ours. With the
 * sticky bit (/tmp) that is left to the owner of the socket and of the directory: others can only
 * take the name before us, and then nobody is served.
 */
static bool check_dir(const struct sb_socket *s, const char *dir, struct sb_error *err)
{
	struct stat st;

	if (fstatat(s->dir_fd, "", &st, AT_EMPTY_PATH))
		return sb_fail(err, SB_FAILED, "looking at the directory '%s' failed: %s", dir,
			       strerror(errno));
	errno = EPERM;
	if (st.st_uid && st.st_uid != geteuid())
		return sb_fail(err, SB_TRUST,
			       "the directory '%s' belongs to user %u, not to root or user %u", dir,
			       st.st_uid, geteuid());
	if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
		return sb_fail(err, SB_TRUST,
			       "the directory '%s' has mode %04o: others may write to it", dir,
			       st.st_mode & 07777);
	return true;
}

/* Our number is in the name, so whoever made it is dead, unless directories are shared between
 * process namespaces: then somebody answers. */
static bool clear_way(const struct sb_socket *s, const struct sockaddr_un *addr,
		      struct sb_error *err)
{
	struct stat st;

	if (fstatat(s->dir_fd, s->name, &st, AT_SYMLINK_NOFOLLOW))
		return true;
	errno = EEXIST;
	if (!S_ISSOCK(st.st_mode))
		return sb_fail(err, SB_FAILED, "'%s' is in the way and is not a socket", s->path);
	if (!sb_is_deserted(addr)) {
		errno = EADDRINUSE;
		return sb_fail(err, SB_FAILED, "'%s' is served by another process", s->path);
	}
	if (unlinkat(s->dir_fd, s->name, 0))
		return sb_fail(err, SB_FAILED, "removing the stale '%s' failed: %s", s->path,
			       strerror(errno));
	return true;
}

/* A file system that keeps neither owner nor mode would let anybody in. */
static bool check_own(const struct sb_socket *s, struct sb_error *err)
{
	struct stat st;

	if (!fstatat(s->dir_fd, s->name, &st, AT_SYMLINK_NOFOLLOW) && S_ISSOCK(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 07777) == 0600)
		return true;
	errno = EPERM;
	return sb_fail(err, SB_TRUST, "'%s' was made, but is not ours with mode 0600", s->path);
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
	if (!check_own(s, err)) {
		sb_socket_unlink(s);
		return false;
	}
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
	    !sb_socket_address(s, s->name, &addr)) {
		errno = ENAMETOOLONG;
		close_both(s);
		return sb_fail(err, SB_FAILED, "the name of the directory '%s' is too long", dir);
	}
	if (!check_dir(s, dir, err) || !clear_way(s, &addr, err) || !listen_on(s, &addr, err)) {
		close_both(s);
		return false;
	}
	sb_stale_remove(s);
	return true;
}

void sb_socket_unlink(const struct sb_socket *s)
{
	if (s->dir_fd >= 0)
		unlinkat(s->dir_fd, s->name, 0);
}
