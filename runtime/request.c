/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/request.h"

#include <string.h>

#include "runtime/line.h"

size_t sb_request_begin(struct sb_request *rq)
{
	return sb_reply_begin(rq->out, rq->id, SB_OK, "");
}

bool sb_request_u32(struct sb_request *rq, size_t idx, const char *what, uint32_t *ret)
{
	if (rq->fields[idx].len != sizeof(*ret))
		return sb_fail(&rq->err, SB_USAGE, "%s have %zu bytes", what, sizeof(*ret));
	memcpy(ret, rq->fields[idx].data, sizeof(*ret));
	return true;
}

bool sb_request_flags(struct sb_request *rq, uint32_t known, uint32_t *ret)
{
	if (!sb_request_u32(rq, 1, "flags", ret))
		return false;
	return !(*ret & ~known) || sb_fail(&rq->err, SB_USAGE, "message %s has no flags 0x%x",
					   sb_message_name(rq->id), *ret & ~known);
}

struct sb_which sb_request_which(const struct sb_request *rq)
{
	return (struct sb_which){ (const char *)rq->fields[0].data, rq->fields[0].len };
}

void sb_request_append_patch(struct sb_request *rq, const struct sb_patch *patch)
{
	struct wire_patch wire;

	sb_patch_describe(patch, &wire);
	if (rq->core->txn.state != SB_TXN_IDLE && rq->core->txn.patch == patch)
		wire.flags |= WIRE_PATCH_OPEN;
	sb_buf_append(rq->out, &wire, sizeof(wire));
}

void sb_request_about(struct sb_about *about, const char *name, const uint8_t *build_id)
{
	memcpy(about->name, name, sizeof(about->name));
	memcpy(about->build_id, build_id, sizeof(about->build_id));
}

void sb_request_note(struct sb_request *rq, const char *what)
{
	sb_log_change(&rq->core->log, rq->peer, what, &rq->about);
}
