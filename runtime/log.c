/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lines of the log. The time is split by hand: libc's gmtime_r() takes the lock of tzset(). */
#include "runtime/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

bool sb_log_open(struct sb_log *log, int dir_fd, const char *path, enum sb_log_level level,
		 struct sb_error *err)
{
	int fd = openat(dir_fd, path,
			O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return sb_fail(err, SB_FAILED, "opening the log '%s' failed: %s", path,
			       strerror(errno));
	if (log->fd >= 0)
		close(log->fd);
	log->fd = fd;
	log->level = level;
	return true;
}

void sb_log_message(struct sb_log *log, const struct sb_peer *peer, uint16_t id, size_t len,
		    enum sb_status status, const char *text)
{
	struct sb_log_line *line;
	size_t n = 0;

	if (log->level == SB_LOG_OFF || log->fd < 0)
		return;
	if (log->n_held == SB_LOG_HELD) {
		log->n_dropped++;
		return;
	}
	line = &log->held[log->n_held++];
	line->ns = now_ns();
	line->peer = *peer;
	line->id = id;
	line->len = (uint32_t)len;
	line->status = status;
	for (; text && text[n] && n < sizeof(line->text) - 1; n++)
		line->text[n] = text[n];
	line->text[n] = '\0';
}

/* 2024-11-21T09:30:05.123456Z; the days are counted in years that begin in March. */
static void format_time(uint64_t ns, char *out, size_t size)
{
	uint64_t s = ns / 1000000000u, day = s / 86400 + 719468, rest = s % 86400;
	uint64_t era = day / 146097, doe = day % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;

	snprintf(out, size, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
		 (unsigned)(yoe + era * 400 + (month <= 2)), (unsigned)month,
		 (unsigned)(doy - (153 * mp + 2) / 5 + 1), (unsigned)(rest / 3600),
		 (unsigned)(rest / 60 % 60), (unsigned)(rest % 60),
		 (unsigned)(ns % 1000000000u / 1000));
}

/* A full disk or a full pipe loses lines; it must not stop the listener. */
static void put(const struct sb_log *log, const char *line, int len, size_t size)
{
	size_t n = len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;

	if (write(log->fd, line, n) < 0)
		return;
}

void sb_log_text(struct sb_log *log, enum sb_log_level level, const char *text)
{
	char line[WIRE_MAX_TEXT + 64], when[48];

	if (log->level < level || log->fd < 0)
		return;
	format_time(now_ns(), when, sizeof(when));
	put(log, line, snprintf(line, sizeof(line), "%s %s\n", when, text), sizeof(line));
}

void sb_log_flush(struct sb_log *log)
{
	char line[256], when[48];
	int n;

	for (uint32_t i = 0; i < log->n_held; i++) {
		const struct sb_log_line *l = &log->held[i];
		bool reply = l->id & WIRE_REPLY;

		format_time(l->ns, when, sizeof(when));
		n = snprintf(line, sizeof(line), "%s pid=%d uid=%u %s %s len=%u", when, l->peer.pid,
			     l->peer.uid, reply ? "out" : "in",
			     sb_message_name(l->id & (uint16_t)~WIRE_REPLY), l->len);
		if (reply)
			n += snprintf(line + n, sizeof(line) - (size_t)n, " status=%u%s%s",
				      l->status, l->text[0] ? " " : "", l->text);
		n += snprintf(line + n, sizeof(line) - (size_t)n, "\n");
		put(log, line, n, sizeof(line));
	}
	log->n_held = 0;
	if (log->n_dropped) {
		n = snprintf(line, sizeof(line), "%u lines dropped\n", log->n_dropped);
		put(log, line, n, sizeof(line));
	}
	log->n_dropped = 0;
}

const char *sb_message_name(uint16_t id)
{
	static const char *const names[] = {
		[WIRE_INFO] = "INFO",	  [WIRE_LIST] = "LIST",		[WIRE_APPLY] = "APPLY",
		[WIRE_REMOVE] = "REMOVE", [WIRE_CONTEXTS] = "CONTEXTS", [WIRE_COMMIT] = "COMMIT",
		[WIRE_ABORT] = "ABORT",	  [WIRE_TEST] = "TEST",		[WIRE_LOG] = "LOG",
		[WIRE_UPLOAD] = "UPLOAD", [WIRE_REVERT] = "REVERT",	[WIRE_CODE] = "CODE",
	};

	return id < sizeof(names) / sizeof(names[0]) && names[id] ? names[id] : "?";
}
