/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/line.h"

static uint64_t now_ns(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void sb_log_init(struct sb_log *log)
{
	log->level = SB_LOG_OFF;
	log->n_held = log->n_dropped = 0;
	sb_sink_init(&log->sink);
}

/* Room for one more line, or NULL when lines of this level are not wanted or there are too many. */
static struct sb_log_line *note(struct sb_log *log, enum sb_log_level level,
				const struct sb_peer *peer, const char *text)
{
	static const struct sb_peer runtime = { .uid = UINT32_MAX };
	struct sb_log_line *line;
	size_t n = 0;

	if (log->level < level || !log->sink.targets)
		return NULL;
	if (log->n_held == SB_LOG_HELD) {
		log->n_dropped++;
		return NULL;
	}
	line = &log->held[log->n_held++];
	*line = (struct sb_log_line){ .ns = now_ns(), .peer = peer ? *peer : runtime };
	for (; text && text[n] && n < sizeof(line->text) - 1; n++)
		line->text[n] = text[n];
	return line;
}

void sb_log_in(struct sb_log *log, const struct sb_peer *peer, uint16_t id, size_t len)
{
	struct sb_log_line *line = note(log, SB_LOG_MESSAGES, peer, NULL);

	if (!line)
		return;
	line->kind = SB_LINE_IN;
	line->id = id;
	line->len = (uint32_t)len;
}

void sb_log_out(struct sb_log *log, const struct sb_peer *peer, uint16_t id, size_t len,
		enum sb_status status, const char *text, const struct sb_about *about)
{
	struct sb_log_line *line = note(log, SB_LOG_MESSAGES, peer, text);

	if (!line)
		return;
	line->kind = SB_LINE_OUT;
	line->id = id;
	line->len = (uint32_t)len;
	line->status = status;
	line->about = *about;
}

void sb_log_change(struct sb_log *log, const struct sb_peer *peer, const char *what,
		   const struct sb_about *about)
{
	struct sb_log_line *line = note(log, SB_LOG_MESSAGES, peer, what);

	if (!line)
		return;
	line->kind = SB_LINE_CHANGE;
	line->about = *about;
}

void sb_log_connection(struct sb_log *log, enum sb_log_level level, const struct sb_peer *peer,
		       const char *what)
{
	struct sb_log_line *line = note(log, level, peer, what);

	if (line)
		line->kind = SB_LINE_CONNECTION;
}

/* Somebody has to hear of it. */
static uint32_t alarm_targets(const struct sb_log *log)
{
	return log->sink.targets ? log->sink.targets : WIRE_LOG_SYSLOG;
}

void sb_log_text(struct sb_log *log, enum sb_log_level level, const char *text)
{
	uint32_t targets = level == SB_LOG_OFF ? alarm_targets(log) : log->sink.targets;
	struct sb_line line;

	if (log->level < level)
		return;
	sb_line_make_note(&line, now_ns(), text);
	sb_sink_put(&log->sink, targets, level == SB_LOG_OFF ? SB_WARNING : SB_NOTICE, line.text,
		    line.len, line.plain);
}

void sb_log_start(struct sb_log *log, const struct sb_about *about)
{
	const struct sb_log_line from = { .kind = SB_LINE_CHANGE,
					  .ns = now_ns(),
					  .peer = { .uid = UINT32_MAX },
					  .text = "start applied",
					  .about = *about };
	struct sb_line line;

	sb_line_make(&line, &from);
	sb_sink_put(&log->sink, alarm_targets(log), SB_NOTICE, line.text, line.len, line.plain);
}

static enum sb_severity severity_of(const struct sb_log_line *line)
{
	if (line->kind == SB_LINE_CHANGE)
		return SB_NOTICE;
	return line->status ? SB_WARNING : SB_INFO;
}

void sb_log_flush(struct sb_log *log)
{
	struct sb_line line;

	for (uint32_t i = 0; i < log->n_held; i++) {
		sb_line_make(&line, &log->held[i]);
		sb_sink_put(&log->sink, log->sink.targets, severity_of(&log->held[i]), line.text,
			    line.len, line.plain);
	}
	if (log->n_dropped)
		sb_sink_lose(&log->sink, log->n_dropped);
	log->n_held = log->n_dropped = 0;
}

static bool open_own_file(struct sb_sink *sink, int dir_fd, struct sb_error *err)
{
	char name[48];

	if (sink->file.fd >= 0)
		return true;
	snprintf(name, sizeof(name), "sandbox-log%d", (int)getpid());
	return sb_sink_open_file(sink, dir_fd, name, err);
}

bool sb_log_set(struct sb_log *log, int dir_fd, uint32_t level, uint32_t targets,
		struct sb_error *err)
{
	if (level > SB_LOG_DEBUG || (targets & ~(WIRE_LOG_FILE | WIRE_LOG_SYSLOG)))
		return sb_fail(err, SB_USAGE, "there is no log level %u with targets 0x%x", level,
			       targets);
	if (!targets)
		targets = log->sink.targets ? log->sink.targets : WIRE_LOG_FILE;
	if (level && (targets & WIRE_LOG_FILE) && !open_own_file(&log->sink, dir_fd, err))
		return false;
	/* What was noted so far belongs to where it went until now. */
	sb_log_flush(log);
	log->level = level;
	log->sink.targets = targets;
	return true;
}
