/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* x86-64 is little-endian, as the wire is: numbers are copied as they are. */
#include "runtime/frame.h"

#include <stddef.h>
#include <string.h>

enum sb_frame sb_frame_check(const uint8_t *data, size_t have, struct wire_header *ret)
{
	static const uint8_t magic[] = { 'S', 'A', 'N', 'D' };

	/* The magic is compared as it comes, so that garbage is known by its first byte. */
	if (memcmp(data, magic, have < sizeof(magic) ? have : sizeof(magic)) != 0)
		return SB_FRAME_BAD;
	if (have < sizeof(*ret))
		return SB_FRAME_PART;
	memcpy(ret, data, sizeof(*ret));
	if (ret->version != WIRE_VERSION)
		return SB_FRAME_OTHER;
	if (ret->length < sizeof(*ret) || ret->length > WIRE_MAX_REQUEST)
		return SB_FRAME_BAD;
	return have < ret->length ? SB_FRAME_PART : SB_FRAME_WHOLE;
}

bool sb_frame_fields(const uint8_t *data, const struct wire_header *header,
		     struct sb_field fields[WIRE_MAX_FIELDS], size_t *ret_n)
{
	size_t at = sizeof(*header);
	size_t n = 0;

	while (at < header->length) {
		uint32_t len;

		if (n == WIRE_MAX_FIELDS || header->length - at < sizeof(len))
			return false;
		memcpy(&len, data + at, sizeof(len));
		at += sizeof(len);
		if (len > header->length - at)
			return false;
		fields[n++] = (struct sb_field){ .data = data + at, .len = len };
		at += len;
	}
	*ret_n = n;
	return true;
}

static void patch_u32(struct sb_buf *out, size_t at, size_t value)
{
	uint32_t v = (uint32_t)value;

	if (!out->failed)
		memcpy(out->data + at, &v, sizeof(v));
}

size_t sb_reply_begin(struct sb_buf *out, uint16_t id, enum sb_status status, const char *text)
{
	struct wire_header header = {
		.magic = WIRE_MAGIC,
		.version = WIRE_VERSION,
		.id = (uint16_t)(id | WIRE_REPLY),
	};
	uint32_t code = status;
	size_t start = out->len;

	sb_buf_append(out, &header, sizeof(header));
	sb_reply_field(out, &code, sizeof(code));
	sb_reply_field(out, text, strlen(text));
	return start;
}

void sb_reply_end(struct sb_buf *out, size_t start)
{
	patch_u32(out, start + offsetof(struct wire_header, length), out->len - start);
}

void sb_reply_set_version(struct sb_buf *out, size_t start, uint16_t version)
{
	if (!out->failed)
		memcpy(out->data + start + offsetof(struct wire_header, version), &version,
		       sizeof(version));
}

size_t sb_field_begin(struct sb_buf *out)
{
	uint32_t len = 0;

	sb_buf_append(out, &len, sizeof(len));
	return out->len;
}

void sb_field_end(struct sb_buf *out, size_t start)
{
	patch_u32(out, start - sizeof(uint32_t), out->len - start);
}

void sb_reply_field(struct sb_buf *out, const void *data, size_t len)
{
	size_t start = sb_field_begin(out);

	sb_buf_append(out, data, len);
	sb_field_end(out, start);
}
