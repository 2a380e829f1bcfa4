/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/serve.h"

#include "runtime/line.h"
#include "runtime/messages.h"

static const struct {
	size_t n_fields;
	bool (*serve)(struct sb_request *rq);
} messages[] = {
	[WIRE_INFO] = { 0, sb_serve_info },	    [WIRE_LIST] = { 0, sb_serve_list },
	[WIRE_UPLOAD] = { 2, sb_serve_upload },	    [WIRE_APPLY] = { 2, sb_serve_apply },
	[WIRE_REVERT] = { 2, sb_serve_revert },	    [WIRE_REMOVE] = { 2, sb_serve_remove },
	[WIRE_CONTEXTS] = { 0, sb_serve_contexts }, [WIRE_COMMIT] = { 0, sb_serve_commit },
	[WIRE_ABORT] = { 0, sb_serve_abort },	    [WIRE_TEST] = { 0, sb_serve_test },
	[WIRE_LOG] = { 2, sb_serve_log },	    [WIRE_CODE] = { 0, sb_serve_code },
};

static void reply_error(struct sb_core *core, const struct sb_peer *peer,
			const struct wire_header *header, enum sb_status status, const char *text,
			const struct sb_about *about, struct sb_buf *out)
{
	static const uint16_t versions[] = { WIRE_VERSION };
	uint16_t id = header->id & (uint16_t)~WIRE_REPLY;
	size_t start = sb_reply_begin(out, id, status, text);

	if (header->version != WIRE_VERSION) {
		sb_reply_field(out, versions, sizeof(versions));
		sb_reply_set_version(out, start, header->version);
	}
	sb_reply_end(out, start);
	sb_log_out(&core->log, peer, id, out->len - start, status, text, about);
}

void sb_serve_error(struct sb_core *core, const struct sb_peer *peer,
		    const struct wire_header *header, enum sb_status status, const char *text,
		    struct sb_buf *out)
{
	static const struct sb_about none;

	reply_error(core, peer, header, status, text, &none, out);
}

bool sb_serve(struct sb_core *core, const void *owner, const struct sb_peer *peer,
	      const uint8_t *data, const struct wire_header *header, int passed_fd,
	      struct sb_buf *out)
{
	struct sb_request rq = {
		.core = core,
		.owner = owner,
		.peer = peer,
		.id = header->id,
		.passed_fd = passed_fd,
		.out = out,
	};
	size_t start = out->len;
	size_t n;

	sb_log_in(&core->log, peer, header->id, header->length);
	if (!sb_frame_fields(data, header, rq.fields, &n)) {
		sb_serve_error(core, peer, header, SB_USAGE,
			       "the fields of the message do not fill it", out);
		return false;
	}
	if (header->id >= sizeof(messages) / sizeof(messages[0]) || !messages[header->id].serve)
		sb_error_set(&rq.err, SB_USAGE, "there is no message %u", header->id);
	else if (n != messages[header->id].n_fields)
		sb_error_set(&rq.err, SB_USAGE, "message %s has %zu fields, not %zu",
			     sb_message_name(header->id), messages[header->id].n_fields, n);
	else if (messages[header->id].serve(&rq)) {
		sb_log_out(&core->log, peer, header->id, out->len - start, SB_OK, NULL, &rq.about);
		return true;
	}
	reply_error(core, peer, header, rq.err.status, rq.err.text, &rq.about, out);
	return true;
}
