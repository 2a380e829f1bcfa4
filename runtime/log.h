/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Who said what, and what became of it: a line for each message in and out, one for each change of
 * a patch's state. Never to the program's own streams. Lines are noted first and written by
 * sb_log_flush() when no transaction is open, because threads may be stopped while one is.
 */
#ifndef SANDBOX_LOG_H
#define SANDBOX_LOG_H

#include "runtime/error.h"
#include "runtime/sink.h"

enum sb_log_level { SB_LOG_OFF, SB_LOG_MESSAGES, SB_LOG_DEBUG };

struct sb_peer {
	int32_t pid; /* SO_PEERCRED; 0 for one in another process namespace */
	uint32_t uid;
	int fd;	       /* the connection */
	char comm[16]; /* what it called itself when it came: any bytes, NUL-terminated */
};

struct sb_about { /* the patch of a message or a change; all zero: none */
	char name[128];
	uint8_t build_id[20];
	bool has_stop;
	uint64_t stop_us; /* with has_stop */
};

enum sb_log_kind { SB_LINE_IN, SB_LINE_OUT, SB_LINE_CHANGE, SB_LINE_CONNECTION };

struct sb_log_line {
	enum sb_log_kind kind;
	uint64_t ns;	     /* CLOCK_REALTIME */
	struct sb_peer peer; /* uid UINT32_MAX: the runtime itself */
	uint16_t id;	     /* of a message */
	uint32_t len;
	uint32_t status; /* of a reply */
	char text[128];	 /* of a reply: the start of its text; else what happened */
	struct sb_about about;
};

#define SB_LOG_HELD 64

struct sb_log {
	enum sb_log_level level;
	struct sb_sink sink;
	struct sb_log_line held[SB_LOG_HELD];
	uint32_t n_held, n_dropped;
};

void sb_log_init(struct sb_log *log);
void sb_log_in(struct sb_log *log, const struct sb_peer *peer, uint16_t id, size_t len);
void sb_log_out(struct sb_log *log, const struct sb_peer *peer, uint16_t id, size_t len,
		enum sb_status status, const char *text, const struct sb_about *about);
/* PEER is NULL when nobody asked for it: the patch of a client that is gone. */
void sb_log_change(struct sb_log *log, const struct sb_peer *peer, const char *what,
		   const struct sb_about *about);
/* At level debug; when a connection was ended for what its client did, always. */
void sb_log_connection(struct sb_log *log, enum sb_log_level level, const struct sb_peer *peer,
		       const char *what);
/* Free text, written at once. At level SB_LOG_OFF it is an alarm: where nothing else is on, it goes
 * to syslog. */
void sb_log_text(struct sb_log *log, enum sb_log_level level, const char *text);
/* A stored patch was applied at the start of the program: written at once, an alarm or not. */
void sb_log_start(struct sb_log *log, const struct sb_about *about);
void sb_log_flush(struct sb_log *log);
/* Changes level and targets (0: as they are). The first file is sandbox-log<pid> in DIR_FD. */
bool sb_log_set(struct sb_log *log, int dir_fd, uint32_t level, uint32_t targets,
		struct sb_error *err);

#endif
