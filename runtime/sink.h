/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where the lines of the log go: a file, the system's log, or both. Nothing is waited for, and
 * everything is bounded: what can't be written at once is lost and counted.
 *
 * All descriptors are opened as early as can be, while the process may still do so, and are all
 * that is used later: after chroot(), another user id, a new root. So a file that is full (1 MiB)
 * is not renamed but copied over the old one, FILE.1, and begun anew.
 */
#ifndef SANDBOX_SINK_H
#define SANDBOX_SINK_H

#include <stdatomic.h>

#include "runtime/error.h"

struct sb_target {
	int fd;		/* -1: closed */
	uint32_t n_gap; /* lines lost since the last one that was written */
};

struct sb_sink {
	uint32_t targets; /* WIRE_LOG_FILE, WIRE_LOG_SYSLOG: where lines go now */
	struct sb_target file, syslog;
	int old_fd;	       /* of FILE.1; -1 when the file is a device */
	char syslog_path[108]; /* as long as an address can be */
	uint64_t n_lost;       /* in all */
	atomic_bool is_busy;   /* a line is being written */
};

enum sb_severity { SB_WARNING = 4, SB_NOTICE = 5, SB_INFO = 6 }; /* of syslog */

void sb_sink_init(struct sb_sink *sink);
void sb_sink_close(struct sb_sink *sink);
/* Opens PATH and PATH.1 relative to DIR_FD; only files that are ours or root's, and devices. */
bool sb_sink_open_file(struct sb_sink *sink, int dir_fd, const char *path, struct sb_error *err);
/* Connects to the socket PATH. It may be there later or again, which is tried with each line. */
void sb_sink_open_syslog(struct sb_sink *sink, const char *path);
/* LINE ends in a newline. What syslog gets begins at PLAIN: it has times of its own. When the
 * program ends, two threads may come here at once: the second one's line is lost. */
void sb_sink_put(struct sb_sink *sink, uint32_t targets, enum sb_severity severity,
		 const char *line, size_t len, size_t plain);
/* N lines never came so far. */
void sb_sink_lose(struct sb_sink *sink, uint32_t n);

#endif
