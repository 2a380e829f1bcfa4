/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The message log: one line for each message in and out, to the file SANDBOX_LOG of the
 * environment, or sandbox-log<pid> beside the socket once the LOG message turns it on; never to
 * the program's own streams. Lines that belong to an open transaction are kept back until it is
 * over, because threads may be stopped meanwhile.
 */
#ifndef SANDBOX_LOG_H
#define SANDBOX_LOG_H

#include "runtime/error.h"

enum sb_log_level { SB_LOG_OFF, SB_LOG_MESSAGES, SB_LOG_DEBUG };

struct sb_peer { /* SO_PEERCRED */
	int32_t pid;
	uint32_t uid;
	int fd; /* the connection */
};

struct sb_log_line {
	uint64_t ns; /* CLOCK_REALTIME */
	struct sb_peer peer;
	uint16_t id; /* enum wire_id, with WIRE_REPLY for what goes out */
	uint32_t len;
	uint32_t status; /* of a reply */
	char text[96];	 /* with it: the start of its text */
};

#define SB_LOG_HELD 64

struct sb_log {
	int fd; /* -1: closed */
	enum sb_log_level level;
	struct sb_log_line held[SB_LOG_HELD];
	uint32_t n_held, n_dropped;
};

/* Opens PATH relative to DIR_FD for appending and sets the level. */
bool sb_log_open(struct sb_log *log, int dir_fd, const char *path, enum sb_log_level level,
		 struct sb_error *err);
/* Notes a message; TEXT may be NULL. Nothing is written before sb_log_flush(). */
void sb_log_message(struct sb_log *log, const struct sb_peer *peer, uint16_t id, size_t len,
		    enum sb_status status, const char *text);
/* One line of free text, written at once. */
void sb_log_text(struct sb_log *log, enum sb_log_level level, const char *text);
void sb_log_flush(struct sb_log *log);
/* "APPLY" and so on, "?" for what is not a message. */
const char *sb_message_name(uint16_t id);

#endif
