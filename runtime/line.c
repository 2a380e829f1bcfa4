/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The time is split by hand: libc's gmtime_r() takes the lock of tzset(). */
#include "runtime/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Always leaves room for the newline. */
static void add_char(struct sb_line *line, char c)
{
	if (line->len < sizeof(line->text) - 1)
		line->text[line->len++] = c;
}

__attribute__((format(printf, 2, 3))) static void add(struct sb_line *line, const char *fmt, ...)
{
	char part[96];
	va_list args;

	va_start(args, fmt);
	vsnprintf(part, sizeof(part), fmt, args);
	va_end(args);
	for (const char *p = part; *p; p++)
		add_char(line, *p);
}

/* A process may call itself "x uid=0", with escape codes for the terminal of who reads it. */
static void add_escaped(struct sb_line *line, const char *s, const char *reserved)
{
	static const char hex[] = "0123456789abcdef";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= ' ' && c < 0x7f && c != '\\' && !strchr(reserved, c)) {
			add_char(line, *s);
			continue;
		}
		add_char(line, '\\');
		add_char(line, 'x');
		add_char(line, hex[c >> 4]);
		add_char(line, hex[c & 15]);
	}
}

static void add_value(struct sb_line *line, const char *key, const char *value)
{
	add(line, " %s=", key);
	add_escaped(line, value, " =\"");
}

static void add_quoted(struct sb_line *line, const char *key, const char *value)
{
	add(line, " %s=\"", key);
	add_escaped(line, value, "\"");
	add_char(line, '"');
}

/* 2024-11-21T09:30:05.123456Z; the days are counted in years that begin in March. */
static void add_time(struct sb_line *line, uint64_t ns)
{
	uint64_t s = ns / 1000000000u, day = s / 86400 + 719468, rest = s % 86400;
	uint64_t era = day / 146097, doe = day % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;

	line->len = 0;
	add(line, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ ",
	    (unsigned)(yoe + era * 400 + (month <= 2)), (unsigned)month,
	    (unsigned)(doy - (153 * mp + 2) / 5 + 1), (unsigned)(rest / 3600),
	    (unsigned)(rest / 60 % 60), (unsigned)(rest % 60), (unsigned)(ns % 1000000000u / 1000));
	line->plain = line->len;
}

static void add_peer(struct sb_line *line, const struct sb_peer *peer)
{
	if (peer->uid == UINT32_MAX) {
		add(line, "by=runtime");
		return;
	}
	add(line, "pid=%d uid=%u", peer->pid, peer->uid);
	add_value(line, "comm", peer->comm[0] ? peer->comm : "?");
}

static void add_about(struct sb_line *line, const struct sb_about *about)
{
	if (about->name[0]) {
		add_value(line, "name", about->name);
		add(line, " build-id=");
		for (size_t i = 0; i < sizeof(about->build_id); i++)
			add(line, "%02x", about->build_id[i]);
	}
	if (about->has_stop)
		add(line, " stop-us=%llu", (unsigned long long)about->stop_us);
}

void sb_line_make(struct sb_line *line, const struct sb_log_line *from)
{
	add_time(line, from->ns);
	add_peer(line, &from->peer);
	switch (from->kind) {
	case SB_LINE_IN:
		add(line, " in %s len=%u", sb_message_name(from->id), from->len);
		break;
	case SB_LINE_OUT:
		add(line, " out %s len=%u status=%u", sb_message_name(from->id), from->len,
		    from->status);
		add_about(line, &from->about);
		if (from->text[0])
			add_quoted(line, "text", from->text);
		break;
	case SB_LINE_CHANGE:
		add(line, " %s", from->text);
		add_about(line, &from->about);
		break;
	case SB_LINE_CONNECTION:
		add(line, " connection");
		add_quoted(line, "text", from->text);
		break;
	}
	line->text[line->len++] = '\n';
}

void sb_line_make_note(struct sb_line *line, uint64_t ns, const char *text)
{
	add_time(line, ns);
	add(line, "by=runtime");
	add_quoted(line, "text", text);
	line->text[line->len++] = '\n';
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
