/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/find.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/file.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/denied.h"

#define SOCKET_PREFIX	"sandbox-sock"
#define CONNECT_TIMEOUT (10 * LP_S)
#define MAX_ENVIRON	((size_t)1 << 20)
#define MAX_STATUS	((size_t)1 << 14)
#define MAX_UID_MAP	((size_t)1 << 14)

char *lp_find_proc(struct lp_arena *arena, u32 pid, const char *name, size_t max, size_t *ret_len)
{
	int fd = open(lp_printf(arena, "/proc/%u/%s", pid, name), O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	if (fd < 0)
		return NULL;
	char *buf = lp_alloc(arena, max + 1);
	while (len < max) {
		ssize_t n = read(fd, buf + len, max - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	buf[len] = '\0';
	if (ret_len)
		*ret_len = len;
	return buf;
}

u32 lp_find_socket_pid(const char *path)
{
	const char *name = lp_basename(path);
	size_t len = strlen(SOCKET_PREFIX);
	char *end;

	if (strncmp(name, SOCKET_PREFIX, len) || name[len] < '1' || name[len] > '9')
		return 0;
	unsigned long pid = strtoul(name + len, &end, 10);
	return *end || pid > INT32_MAX ? 0 : (u32)pid;
}

const char *lp_find_env(const char *env, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	/* The block is NUL-terminated behind LEN. */
	for (size_t off = 0; off < len; off += strlen(env + off) + 1) {
		if (!strncmp(env + off, name, name_len) && env[off + name_len] == '=')
			return env + off + name_len + 1;
	}
	return NULL;
}

struct lp_err *lp_find_inner_pid(struct lp_arena *arena, u32 pid, u32 *ret, bool *ret_nested)
{
	char *status = lp_find_proc(arena, pid, "status", MAX_STATUS, NULL);

	if (!status)
		return lp_err(LP_NOTHING, "there is no process %u", pid);
	*ret = pid;
	*ret_nested = false;
	char *line = strstr(status, "\nNSpid:");
	if (!line) /* a kernel without pid namespaces */
		return NULL;
	line += strlen("\nNSpid:");
	line[strcspn(line, "\n")] = '\0';
	char *inner = strrchr(line, '\t'); /* "\touter\tinner" */
	if (inner) {
		*ret = (u32)strtoul(inner, NULL, 10);
		*ret_nested = inner != line;
	}
	return NULL;
}

/* The directory of the executable as the process sees it, or NULL. */
static const char *exe_dir(struct lp_arena *arena, u32 pid)
{
	char exe[4096];
	ssize_t n = readlink(lp_printf(arena, "/proc/%u/exe", pid), exe, sizeof(exe) - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return lp_strdup(arena, exe);
}

/* As process PID sees it; and as we do, because it may have changed its root since it made the
 * socket (QEMU's -chroot). Whoever listens there is asked for its id in any case. */
static void push_dir(struct lp_arena *arena, struct lp_strs *dirs, u32 pid, const char *dir)
{
	lp_vec_push(arena, dirs, lp_printf(arena, "/proc/%u/root%s", pid, dir));
	lp_vec_push(arena, dirs, dir);
}

static void candidate_dirs(struct lp_arena *arena, u32 pid, struct lp_strs *ret)
{
	size_t len = 0;
	const char *env = lp_find_proc(arena, pid, "environ", MAX_ENVIRON, &len);
	const char *dir = env ? lp_find_env(env, len, "SANDBOX_DIR") : NULL;
	const char *exe = exe_dir(arena, pid);

	if (dir && *dir == '/')
		push_dir(arena, ret, pid, dir);
	else if (dir && *dir) /* relative to where it was started, which is mostly where it is */
		lp_vec_push(arena, ret, lp_printf(arena, "/proc/%u/cwd/%s", pid, dir));
	if (exe)
		push_dir(arena, ret, pid, exe);
	push_dir(arena, ret, pid, "/run/sandbox");
}

struct lp_err *lp_find_socket(struct lp_arena *arena, u32 pid, const char **ret)
{
	struct lp_strs dirs = { 0 };
	struct stat st;
	u32 inner;
	bool nested;

	LP_TRY(lp_find_inner_pid(arena, pid, &inner, &nested));
	candidate_dirs(arena, pid, &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		*ret = lp_printf(arena, "%s/" SOCKET_PREFIX "%u", dirs.items[i], inner);
		if (!stat(*ret, &st) && S_ISSOCK(st.st_mode))
			return NULL;
	}
	struct lp_err *err =
		lp_err(LP_NOTHING, "process %u has no socket '" SOCKET_PREFIX "%u'", pid, inner);
	for (size_t i = 0; i < dirs.n; i++)
		err = lp_err_context(err, "not in %s", dirs.items[i]);
	return lp_err_advice(err, "is it linked with libsandbox, and did it start after that? "
				  "otherwise name the socket with --socket PATH");
}

/* What errno means for the socket PATH. */
static struct lp_err *connect_error(const char *path)
{
	u32 pid = lp_find_socket_pid(path);

	if (errno == EACCES || errno == EPERM)
		return lp_err_advice(
			lp_err(LP_TRUST, "may not connect to '%s': %s", path, strerror(errno)),
			"run this as root");
	if (errno == EAGAIN)
		return lp_err_advice(lp_err(LP_FAILED, "nobody accepts connections on '%s'", path),
				     "is the program stopped, or does somebody flood it? see State "
				     "in /proc/PID/status");
	if (errno != ECONNREFUSED)
		return lp_err_errno("cannot connect to '%s'", path);
	if (pid && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return lp_err_advice(
			lp_err(LP_NOTHING, "nobody listens on '%s': process %u has ended", path,
			       pid),
			"remove that file; --pid N finds the socket of a running process");
	return lp_err_advice(lp_err(LP_NOTHING, "nobody listens on '%s'", path),
			     "it is left over from a process that has ended, or its sandbox was "
			     "stopped; --pid N finds the socket of a running process");
}

/* Why PATH can't be what we look for, before connect() says something less clear. */
static struct lp_err *check_socket(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return connect_error(path);
		return lp_err_advice(lp_err(LP_NOTHING, "there is no socket '%s'", path),
				     "--pid N looks for the socket of process N");
	}
	if (!S_ISSOCK(st.st_mode))
		return lp_err_advice(lp_err(LP_FAILED, "'%s' is not a socket", path),
				     "sockets of live-patchable programs are called " SOCKET_PREFIX
				     "PID");
	return NULL;
}

/* FD does not block: one whose queue is full may never accept anybody. */
static struct lp_err *connect_until(int fd, const struct sockaddr_un *addr, const char *path,
				    u64 deadline)
{
	const struct timespec pause = { .tv_nsec = 5 * LP_MS };

	while (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0) {
		if (errno != EAGAIN || !lp_left(deadline))
			return connect_error(path);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* connect() to a path of any length: sun_path holds 107 bytes only. */
static struct lp_err *connect_path(struct lp_arena *arena, const char *path, int fd, u64 deadline)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *name = lp_basename(path);
	const char *shorter = path;
	int dir = -1;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		size_t dir_len = (size_t)(name - path);

		dir = open(lp_strndup(arena, path, dir_len), O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			return lp_err_errno("cannot open the directory of '%s'", path);
		shorter = lp_printf(arena, "/proc/self/fd/%d/%s", dir, name);
	}
	struct lp_err *err = NULL;
	if (strlen(shorter) >= sizeof(addr.sun_path)) {
		err = lp_err(LP_FAILED, "the name of socket '%s' is too long", path);
	} else {
		memcpy(addr.sun_path, shorter, strlen(shorter) + 1);
		err = connect_until(fd, &addr, path, deadline);
	}
	if (dir >= 0)
		close(dir);
	return err;
}

/* The process that called listen(). */
static struct lp_err *ask_peer(int fd, const char *path, pid_t *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return lp_err_errno("cannot ask who listens on '%s'", path);
	if (cred.pid <= 0)
		return lp_err(LP_TRUST, "the process that listens on '%s' is not visible here",
			      path);
	*ret = cred.pid;
	return NULL;
}

struct lp_err *lp_find_listener(struct lp_arena *arena, const char *path, pid_t *ret)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return lp_err_errno("cannot make a socket");
	struct lp_err *err = connect_path(arena, path, fd, 0);
	if (!err)
		err = ask_peer(fd, path, ret);
	close(fd);
	return err;
}

/* Who listens, which must be PID or (0) what the name says. */
static struct lp_err *check_peer(struct lp_arena *arena, int fd, const char *path, u32 pid,
				 pid_t *ret)
{
	u32 named = lp_find_socket_pid(path);
	u32 inner;
	bool nested;

	LP_TRY(ask_peer(fd, path, ret));
	LP_TRY(lp_find_inner_pid(arena, (u32)*ret, &inner, &nested));
	u32 actual = pid ? (u32)*ret : inner;
	u32 expected = pid ? pid : named;
	if (!expected || expected == actual)
		return NULL;
	return lp_err_advice(lp_err(LP_TRUST, "process %d listens on '%s', not process %u", *ret,
				    path, expected),
			     "the socket was taken over; see who runs as process %d", *ret);
}

/*
 * As what user to speak to process PID. The kernel tells it our id as its own user namespace has
 * it, and where our root is nobody there, we are not trusted: so we come as that namespace's root.
 */
static struct lp_err *trusted_user(struct lp_arena *arena, u32 pid, uid_t *ret)
{
	char ours[64] = { 0 }, theirs[64] = { 0 };
	u32 inside, outside, n;
	int len;

	*ret = geteuid();
	if (readlink("/proc/self/ns/user", ours, sizeof(ours) - 1) < 0 ||
	    readlink(lp_printf(arena, "/proc/%u/ns/user", pid), theirs, sizeof(theirs) - 1) < 0 ||
	    !strcmp(ours, theirs))
		return NULL;
	const char *map = lp_find_proc(arena, pid, "uid_map", MAX_UID_MAP, NULL);
	for (; map && sscanf(map, "%u %u %u%n", &inside, &outside, &n, &len) == 3; map += len) {
		if (inside == 0 && n && outside != (uid_t)-1) {
			*ret = outside;
			return NULL;
		}
	}
	return lp_err(LP_TRUST, "the user namespace of process %u has no root", pid);
}

/* UID only for the moment of connect(), when the kernel notes it; what may be reached is up to us.
 */
static struct lp_err *connect_as(struct lp_arena *arena, const char *path, uid_t uid, int *ret)
{
	uid_t own = geteuid();
	struct lp_err *err = NULL;

	*ret = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*ret < 0)
		return lp_err_errno("cannot make a socket");
	if (uid != own && seteuid(uid))
		err = lp_err_errno("cannot act as user %u", uid);
	if (uid != own)
		setfsuid(own);
	if (!err)
		err = connect_path(arena, path, *ret, lp_now() + CONNECT_TIMEOUT);
	if (uid != own && seteuid(own) && !err)
		err = lp_err_errno("cannot act as user %u again", own);
	if (err)
		close(*ret);
	return err;
}

static struct lp_err *connect_checked(struct lp_arena *arena, const char *path, u32 pid, uid_t uid,
				      int *ret, pid_t *ret_peer)
{
	LP_TRY(connect_as(arena, path, uid, ret));
	struct lp_err *err = check_peer(arena, *ret, path, pid, ret_peer);
	if (!err)
		err = lp_denied_if_held(arena, *ret_peer);
	if (err)
		close(*ret);
	return err;
}

struct lp_err *lp_find_connect(struct lp_arena *arena, const char *socket_path, u32 pid,
			       struct lp_trace *trace, struct lp_client *ret)
{
	uid_t own = geteuid(), uid;
	pid_t peer = 0;
	int fd;

	if (!socket_path)
		LP_TRY(lp_find_socket(arena, pid, &socket_path));
	LP_TRY(check_socket(socket_path));
	u64 since = lp_now();
	LP_TRY(connect_checked(arena, socket_path, pid, own, &fd, &peer));
	struct lp_err *err = trusted_user(arena, (u32)peer, &uid);
	if (err || uid != own)
		close(fd);
	LP_TRY(err);
	if (uid != own)
		LP_TRY(connect_checked(arena, socket_path, pid, uid, &fd, &peer));
	lp_client_init(ret, arena, fd, peer, socket_path, trace);
	ret->root = uid;
	ret->since = since;
	lp_trace(trace, "connected to process", (u64)peer);
	return NULL;
}
