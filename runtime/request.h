/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One request while it is answered, and what the messages (messages.h) share. */
#ifndef SANDBOX_REQUEST_H
#define SANDBOX_REQUEST_H

#include "runtime/core.h"
#include "runtime/frame.h"
#include "runtime/states.h"

struct sb_request {
	struct sb_core *core;
	const void *owner; /* stands for the connection */
	const struct sb_peer *peer;
	uint16_t id;
	struct sb_field fields[WIRE_MAX_FIELDS];
	int passed_fd; /* -1: none */
	struct sb_buf *out;
	struct sb_about about; /* for the log */
	struct sb_error err;
};

/* Begins the reply of a request that went well; sb_reply_end() takes what it returns. */
size_t sb_request_begin(struct sb_request *rq);
/* Field IDX as a number; the error calls it WHAT. */
bool sb_request_u32(struct sb_request *rq, size_t idx, const char *what, uint32_t *ret);
/* Field 1 as flags, of which those in KNOWN may be set. */
bool sb_request_flags(struct sb_request *rq, uint32_t known, uint32_t *ret);
/* Field 0 as a patch's name or build-id; valid as long as the frame. */
struct sb_which sb_request_which(const struct sb_request *rq);
/* Appends a struct wire_patch to the field that is open. */
void sb_request_append_patch(struct sb_request *rq, const struct sb_patch *patch);
/* Names the patch in ABOUT; NAME and BUILD_ID are as large as there. */
void sb_request_about(struct sb_about *about, const char *name, const uint8_t *build_id);
/* Notes in the log that the patch that the request is about was WHAT. */
void sb_request_note(struct sb_request *rq, const char *what);

#endif
