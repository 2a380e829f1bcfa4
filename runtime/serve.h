/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Answers one request. */
#ifndef SANDBOX_SERVE_H
#define SANDBOX_SERVE_H

#include "runtime/core.h"
#include "runtime/frame.h"

/* DATA is a whole frame with the header HEADER; OWNER stands for the connection; PASSED_FD came
 * with the frame, or is -1. Appends the reply to OUT. False when the frame is malformed: then the
 * connection ends behind the reply. */
bool sb_serve(struct sb_core *core, const void *owner, const struct sb_peer *peer,
	      const uint8_t *data, const struct wire_header *header, int passed_fd,
	      struct sb_buf *out);
/* A reply that only says why, also for what never gets to sb_serve(). To a message of another
 * version it is in that version, and tells which ones are spoken. */
void sb_serve_error(struct sb_core *core, const struct sb_peer *peer,
		    const struct wire_header *header, enum sb_status status, const char *text,
		    struct sb_buf *out);

#endif
