/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* libc's syslog() takes a lock, waits for a full socket, and its openlog() is the program's. */
#include "runtime/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FILE (1u << 20)
#define AUTHPRIV (10 << 3) /* the facility, LOG_AUTHPRIV */

void sb_sink_init(struct sb_sink *sink)
{
	*sink = (struct sb_sink){ .file.fd = -1, .syslog.fd = -1, .old_fd = -1 };
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void sb_sink_close(struct sb_sink *sink)
{
	close_fd(&sink->file.fd);
	close_fd(&sink->old_fd);
	close_fd(&sink->syslog.fd);
	sb_sink_init(sink);
}

static bool is_ours(const struct stat *st)
{
	return S_ISCHR(st->st_mode) || (S_ISREG(st->st_mode) && st->st_nlink == 1 &&
					(!st->st_uid || st->st_uid == geteuid()));
}

/* A pipe would end the program that writes first, by SIGPIPE; a file of somebody else is one that
 * he reads and changes. */
static int open_file(int dir_fd, const char *path, int mode, struct stat *st, struct sb_error *err)
{
	int fd = openat(dir_fd, path,
			mode | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);

	if (fd >= 0 && !fstatat(fd, "", st, AT_EMPTY_PATH) && is_ours(st))
		return fd;
	if (fd < 0) {
		sb_error_set(err, SB_FAILED, "opening the log '%s' failed: %s", path,
			     strerror(errno));
	} else {
		close(fd);
		errno = EPERM;
		sb_error_set(err, SB_FAILED,
			     "the log '%s' is not a file of root or of user %u, with one name",
			     path, geteuid());
	}
	return -1;
}

bool sb_sink_open_file(struct sb_sink *sink, int dir_fd, const char *path, struct sb_error *err)
{
	char old[4200];
	struct stat st;
	int fd, old_fd = -1;

	if ((size_t)snprintf(old, sizeof(old), "%s.1", path) >= sizeof(old)) {
		errno = ENAMETOOLONG;
		return sb_fail(err, SB_FAILED, "the name of the log is too long");
	}
	fd = open_file(dir_fd, path, O_RDWR | O_APPEND, &st, err);
	if (fd < 0)
		return false;
	if (S_ISREG(st.st_mode)) {
		/* Without O_APPEND, which makes pwrite() append. */
		old_fd = open_file(dir_fd, old, O_WRONLY, &st, err);
		if (old_fd < 0) {
			close(fd);
			return false;
		}
	}
	close_fd(&sink->file.fd);
	close_fd(&sink->old_fd);
	sink->file.fd = fd;
	sink->old_fd = old_fd;
	return true;
}

/* True when the connection is new. */
static bool dial_syslog(struct sb_sink *sink)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strnlen(sink->syslog_path, sizeof(addr.sun_path));
	int fd;

	close_fd(&sink->syslog.fd);
	if (!len || len == sizeof(addr.sun_path))
		return false;
	memcpy(addr.sun_path, sink->syslog_path, len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		close_fd(&fd);
	sink->syslog.fd = fd;
	return fd >= 0;
}

void sb_sink_open_syslog(struct sb_sink *sink, const char *path)
{
	size_t len = strlen(path);

	if (len >= sizeof(sink->syslog_path))
		return;
	memcpy(sink->syslog_path, path, len + 1);
	dial_syslog(sink);
}

static bool send_syslog(struct sb_sink *sink, const char *text, size_t len)
{
	ssize_t n = send(sink->syslog.fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0)
		return true;
	/* The daemon was started anew: its socket is another one now. */
	if (errno == EAGAIN || errno == ENOBUFS || !dial_syslog(sink))
		return false;
	return send(sink->syslog.fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static bool put_syslog(struct sb_sink *sink, enum sb_severity severity, const char *text,
		       size_t len)
{
	char record[2048];
	int n = snprintf(record, sizeof(record), "<%d>sandbox[%d]: ", AUTHPRIV | (int)severity,
			 (int)getpid());

	if (n < 0)
		return false;
	if (len > sizeof(record) - (size_t)n)
		len = sizeof(record) - (size_t)n;
	memcpy(record + n, text, len);
	return send_syslog(sink, record, (size_t)n + len);
}

static bool copy(int from, int to, off_t size)
{
	char buf[16384];

	for (off_t at = 0; at < size;) {
		ssize_t n = pread(from, buf, sizeof(buf), at);

		if (n <= 0 || pwrite(to, buf, (size_t)n, at) != n)
			return false;
		at += n;
	}
	return !ftruncate(to, size);
}

/* Room for LEN more bytes in a file of SIZE. What does not fit on the disk stays where it is. */
static bool make_room(struct sb_sink *sink, off_t size, size_t len)
{
	if (size + (off_t)len <= MAX_FILE)
		return true;
	return copy(sink->file.fd, sink->old_fd, size < MAX_FILE ? size : MAX_FILE) &&
	       !ftruncate(sink->file.fd, 0);
}

static bool put_file(struct sb_sink *sink, const char *line, size_t len)
{
	struct stat st;
	ssize_t n;

	if (sink->old_fd < 0)
		return write(sink->file.fd, line, len) == (ssize_t)len;
	if (fstatat(sink->file.fd, "", &st, AT_EMPTY_PATH) || !make_room(sink, st.st_size, len))
		return false;
	n = write(sink->file.fd, line, len);
	if (n == (ssize_t)len)
		return true;
	/* The disk was full in the middle of the line: half of one is worse than none. */
	if (n > 0 && !fstatat(sink->file.fd, "", &st, AT_EMPTY_PATH) && st.st_size >= n &&
	    ftruncate(sink->file.fd, st.st_size - n))
		return false;
	return false;
}

/* What was lost is said as soon as something can be said. */
static bool put_file_gap(struct sb_sink *sink)
{
	char line[64];
	int n;

	if (!sink->file.n_gap)
		return true;
	n = snprintf(line, sizeof(line), "by=runtime lines-lost=%u\n", sink->file.n_gap);
	return n > 0 && put_file(sink, line, (size_t)n);
}

static bool put_syslog_gap(struct sb_sink *sink)
{
	char line[64];
	int n;

	if (!sink->syslog.n_gap)
		return true;
	n = snprintf(line, sizeof(line), "by=runtime lines-lost=%u\n", sink->syslog.n_gap);
	return n > 0 && put_syslog(sink, SB_WARNING, line, (size_t)n);
}

static void count(struct sb_sink *sink, struct sb_target *target, bool gap_told, bool ok)
{
	if (gap_told)
		target->n_gap = 0;
	if (ok)
		return;
	target->n_gap++;
	sink->n_lost++;
}

void sb_sink_put(struct sb_sink *sink, uint32_t targets, enum sb_severity severity,
		 const char *line, size_t len, size_t plain)
{
	bool told;

	if (atomic_exchange(&sink->is_busy, true))
		return;
	if ((targets & WIRE_LOG_FILE) && sink->file.fd >= 0) {
		told = put_file_gap(sink);
		count(sink, &sink->file, told, told && put_file(sink, line, len));
	}
	if (targets & WIRE_LOG_SYSLOG) {
		told = put_syslog_gap(sink);
		count(sink, &sink->syslog, told,
		      told && put_syslog(sink, severity, line + plain, len - plain));
	}
	atomic_store(&sink->is_busy, false);
}

void sb_sink_lose(struct sb_sink *sink, uint32_t n)
{
	sink->n_lost += n;
	if (sink->targets & WIRE_LOG_FILE)
		sink->file.n_gap += n;
	if (sink->targets & WIRE_LOG_SYSLOG)
		sink->syslog.n_gap += n;
}
