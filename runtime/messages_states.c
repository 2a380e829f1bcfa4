/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What becomes of a patch (states.h): UPLOAD, APPLY, REVERT, REMOVE. */
#include "runtime/messages.h"

#include "runtime/passed.h"
#include "runtime/ranges.h"

static void append_result(struct sb_request *rq, const struct sb_result *result)
{
	size_t field = sb_field_begin(rq->out);

	sb_request_about(&rq->about, result->patch->name, result->patch->build_id);
	sb_request_append_patch(rq, result->patch);
	sb_field_end(rq->out, field);
}

static bool upload(struct sb_request *rq, uint32_t flags, const uint8_t *file, size_t size,
		   struct sb_result *ret)
{
	return sb_upload(rq->core, flags & WIRE_TRANSIENT ? rq->owner : NULL, file, size, ret,
			 &rq->err);
}

static bool upload_passed(struct sb_request *rq, uint32_t flags, struct sb_result *ret)
{
	struct sb_arena scratch = { 0 };
	uint8_t *file;
	size_t size;
	bool ok;

	if (rq->fields[0].len || rq->passed_fd < 0)
		return sb_fail(&rq->err, SB_USAGE,
			       "flag 0x%x needs a descriptor and an empty payload", WIRE_PASSED);
	/* Before anything is copied: threads may be stopped. */
	if (!sb_txn_check_idle(rq->core, &rq->err))
		return false;
	ok = sb_passed_copy(rq->passed_fd, &scratch, &file, &size, &rq->err) &&
	     upload(rq, flags, file, size, ret);
	sb_arena_deinit(&scratch);
	return ok;
}

bool sb_serve_upload(struct sb_request *rq)
{
	struct sb_result result;
	uint32_t flags;
	size_t reply;

	if (!sb_request_flags(rq, WIRE_TRANSIENT | WIRE_PASSED, &flags) ||
	    !(flags & WIRE_PASSED
		      ? upload_passed(rq, flags, &result)
		      : upload(rq, flags, rq->fields[0].data, rq->fields[0].len, &result)))
		return false;
	flags = result.already ? WIRE_ALREADY : 0;
	reply = sb_reply_begin(rq->out, rq->id, SB_OK, result.warning.text);
	sb_reply_field(rq->out, &flags, sizeof(flags));
	append_result(rq, &result);
	sb_reply_end(rq->out, reply);
	if (!result.already)
		sb_request_note(rq, "uploaded");
	return true;
}

static void reply_opened(struct sb_request *rq, const struct sb_result *result)
{
	uint32_t listener = (uint32_t)rq->core->listener;
	uint32_t flags = result->already ? WIRE_ALREADY : 0;
	size_t reply = sb_request_begin(rq), field;

	sb_reply_field(rq->out, &flags, sizeof(flags));
	sb_reply_field(rq->out, &listener, sizeof(listener));
	append_result(rq, result);
	field = sb_field_begin(rq->out);
	sb_ranges_append(rq->core, rq->out);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
}

bool sb_serve_apply(struct sb_request *rq)
{
	struct sb_client by = { rq->owner, rq->peer->pid, rq->peer->fd };
	struct sb_which which = sb_request_which(rq);
	struct sb_result result;
	uint32_t flags;

	if (!sb_request_flags(rq, WIRE_NODEPS | WIRE_REPLACE, &flags) ||
	    !sb_apply(rq->core, &by, &which, flags, &result, &rq->err))
		return false;
	reply_opened(rq, &result);
	return true;
}

bool sb_serve_revert(struct sb_request *rq)
{
	struct sb_client by = { rq->owner, rq->peer->pid, rq->peer->fd };
	struct sb_which which = sb_request_which(rq);
	struct sb_result result;
	uint32_t flags;

	if (!sb_request_flags(rq, WIRE_NODEPS, &flags) ||
	    !sb_revert(rq->core, &by, &which, flags, &result, &rq->err))
		return false;
	reply_opened(rq, &result);
	return true;
}

bool sb_serve_remove(struct sb_request *rq)
{
	struct sb_which which = sb_request_which(rq);
	struct wire_patch patch;
	uint32_t flags;
	size_t reply;

	if (!sb_request_flags(rq, WIRE_FORCE, &flags) ||
	    !sb_remove(rq->core, &which, flags & WIRE_FORCE, &patch, &rq->err))
		return false;
	reply = sb_request_begin(rq);
	sb_reply_field(rq->out, &patch, sizeof(patch));
	sb_reply_end(rq->out, reply);
	sb_request_about(&rq->about, patch.name, patch.build_id);
	sb_request_note(rq, "removed");
	return true;
}
