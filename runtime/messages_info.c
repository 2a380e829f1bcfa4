/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What does not change any patch: INFO, LIST, CODE, TEST, LOG. */
#include "runtime/messages.h"

#include <string.h>

#include "runtime/info.h"
#include "runtime/selftest.h"

bool sb_serve_info(struct sb_request *rq)
{
	size_t reply = sb_request_begin(rq), field = sb_field_begin(rq->out);

	sb_info_append(rq->core, rq->out);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

/* All patches in one field: there may be more of them than a frame may have fields. */
bool sb_serve_list(struct sb_request *rq)
{
	size_t reply = sb_request_begin(rq), field = sb_field_begin(rq->out);

	for (const struct sb_patch *p = rq->core->patches.oldest; p; p = p->newer)
		sb_request_append_patch(rq, p);
	for (const struct sb_patch *p = rq->core->checked.oldest; p; p = p->newer)
		sb_request_append_patch(rq, p);
	for (const struct sb_patch *p = rq->core->kept.oldest; p; p = p->newer)
		sb_request_append_patch(rq, p);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static void append_code(struct sb_request *rq, const struct sb_patches *list)
{
	for (const struct sb_patch *p = list->oldest; p; p = p->newer) {
		struct wire_code code = {
			.text = sb_span_addr(&rq->core->areas[SB_TEXT], &p->spans[SB_TEXT]),
			.text_size = p->spans[SB_TEXT].used,
			.frames = p->frames,
			.frames_size = p->frames_size,
		};

		memcpy(code.name, p->name, sizeof(code.name) - 1);
		sb_buf_append(rq->out, &code, sizeof(code));
	}
}

bool sb_serve_code(struct sb_request *rq)
{
	size_t reply = sb_request_begin(rq), field = sb_field_begin(rq->out);

	append_code(rq, &rq->core->patches);
	append_code(rq, &rq->core->kept);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

bool sb_serve_test(struct sb_request *rq)
{
	size_t reply, field;

	if (!sb_txn_check_idle(rq->core, &rq->err))
		return false;
	reply = sb_request_begin(rq);
	field = sb_field_begin(rq->out);
	sb_selftest_append(rq->core, rq->out);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

bool sb_serve_log(struct sb_request *rq)
{
	struct sb_log *log = &rq->core->log;
	uint32_t previous[2] = { log->level, log->sink.targets }, level, targets;
	size_t reply;

	if (!sb_txn_check_idle(rq->core, &rq->err) || !sb_request_u32(rq, 0, "levels", &level) ||
	    !sb_request_u32(rq, 1, "targets", &targets))
		return false;
	if (!sb_log_set(log, rq->core->socket.dir_fd, level, targets, &rq->err))
		return false;
	reply = sb_request_begin(rq);
	sb_reply_field(rq->out, &previous[0], sizeof(previous[0]));
	sb_reply_field(rq->out, &previous[1], sizeof(previous[1]));
	sb_reply_end(rq->out, reply);
	return true;
}
