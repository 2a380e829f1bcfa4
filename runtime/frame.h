/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Frames of the wire protocol (wire.h): taking requests apart, putting replies together. */
#ifndef SANDBOX_FRAME_H
#define SANDBOX_FRAME_H

#include "runtime/error.h"
#include "runtime/mem.h"
#include "runtime/wire.h"

struct sb_field {
	const uint8_t *data;
	uint32_t len;
};

enum sb_frame {
	SB_FRAME_PART, /* more bytes are needed */
	SB_FRAME_WHOLE,
	SB_FRAME_OTHER, /* a header of another version */
	SB_FRAME_BAD,	/* it can't become a frame any more */
};

/* Looks at HAVE bytes; gives the header once it is there, checked. */
enum sb_frame sb_frame_check(const uint8_t *data, size_t have, struct wire_header *ret);
/* Splits the fields of a whole frame; false when their lengths don't add up. */
bool sb_frame_fields(const uint8_t *data, const struct wire_header *header,
		     struct sb_field fields[WIRE_MAX_FIELDS], size_t *ret_n);

/* A reply is appended to OUT: begin, any number of fields, end. A field is begun, filled with
 * sb_buf_append() and ended, or added whole. Running out of memory sets OUT->failed. */
size_t sb_reply_begin(struct sb_buf *out, uint16_t id, enum sb_status status, const char *text);
void sb_reply_end(struct sb_buf *out, size_t start);
/* For a reply to a message of another version. */
void sb_reply_set_version(struct sb_buf *out, size_t start, uint16_t version);
void sb_reply_field(struct sb_buf *out, const void *data, size_t len);
size_t sb_field_begin(struct sb_buf *out);
void sb_field_end(struct sb_buf *out, size_t start);

#endif
