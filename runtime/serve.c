/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The messages, one function each. All of them may be called while a client keeps the other
 * threads stopped, so none takes a lock, and memory comes from the kernel; what is slow or may need
 * libc's locks (UPLOAD, APPLY, REVERT, REMOVE, TEST, LOG) is refused or not reached while a
 * transaction is open.
 */
#include "runtime/serve.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/contexts.h"
#include "runtime/info.h"
#include "runtime/line.h"
#include "runtime/passed.h"
#include "runtime/ranges.h"
#include "runtime/selftest.h"
#include "runtime/states.h"

struct request {
	struct sb_core *core;
	const void *owner;
	const struct sb_peer *peer;
	uint16_t id;
	struct sb_field fields[WIRE_MAX_FIELDS];
	int passed_fd; /* -1: none */
	struct sb_buf *out;
	struct sb_about about; /* for the log */
	struct sb_error err;
};

/* Each appends a whole reply, or fills err and returns false. */
typedef bool handler(struct request *rq);

static size_t begin(struct request *rq)
{
	return sb_reply_begin(rq->out, rq->id, SB_OK, "");
}

static bool serve_info(struct request *rq)
{
	size_t reply = begin(rq), field = sb_field_begin(rq->out);

	sb_info_append(rq->core, rq->out);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static uint64_t now_ns(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void describe(struct sb_about *about, const char *name, const uint8_t *build_id)
{
	memcpy(about->name, name, sizeof(about->name));
	memcpy(about->build_id, build_id, sizeof(about->build_id));
}

static void note_change(struct request *rq, const char *what)
{
	sb_log_change(&rq->core->log, rq->peer, what, &rq->about);
}

static void append_patch(struct request *rq, const struct sb_patch *patch)
{
	struct wire_patch wire;

	sb_patch_describe(patch, &wire);
	if (rq->core->txn.state != SB_TXN_IDLE && rq->core->txn.patch == patch)
		wire.flags |= WIRE_PATCH_OPEN;
	sb_buf_append(rq->out, &wire, sizeof(wire));
}

/* All patches in one field: there may be more of them than a frame may have fields. */
static bool serve_list(struct request *rq)
{
	size_t reply = begin(rq), field = sb_field_begin(rq->out);

	for (const struct sb_patch *p = rq->core->patches.oldest; p; p = p->newer)
		append_patch(rq, p);
	for (const struct sb_patch *p = rq->core->checked.oldest; p; p = p->newer)
		append_patch(rq, p);
	for (const struct sb_patch *p = rq->core->kept.oldest; p; p = p->newer)
		append_patch(rq, p);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static void append_result(struct request *rq, const struct sb_result *result)
{
	size_t field = sb_field_begin(rq->out);

	describe(&rq->about, result->patch->name, result->patch->build_id);
	append_patch(rq, result->patch);
	sb_field_end(rq->out, field);
}

static bool read_u32(struct request *rq, size_t idx, const char *what, uint32_t *ret)
{
	if (rq->fields[idx].len != sizeof(*ret))
		return sb_fail(&rq->err, SB_USAGE, "%s have %zu bytes", what, sizeof(*ret));
	memcpy(ret, rq->fields[idx].data, sizeof(*ret));
	return true;
}

static bool read_flags(struct request *rq, uint32_t known, uint32_t *ret)
{
	if (!read_u32(rq, 1, "flags", ret))
		return false;
	return !(*ret & ~known) || sb_fail(&rq->err, SB_USAGE, "message %s has no flags 0x%x",
					   sb_message_name(rq->id), *ret & ~known);
}

static bool upload(struct request *rq, uint32_t flags, const uint8_t *file, size_t size,
		   struct sb_result *ret)
{
	return sb_upload(rq->core, flags & WIRE_TRANSIENT ? rq->owner : NULL, file, size, ret,
			 &rq->err);
}

static bool upload_passed(struct request *rq, uint32_t flags, struct sb_result *ret)
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

static bool serve_upload(struct request *rq)
{
	struct sb_result result;
	uint32_t flags;
	size_t reply;

	if (!read_flags(rq, WIRE_TRANSIENT | WIRE_PASSED, &flags) ||
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
		note_change(rq, "uploaded");
	return true;
}

static struct sb_which which_of(const struct request *rq)
{
	return (struct sb_which){ (const char *)rq->fields[0].data, rq->fields[0].len };
}

static void reply_opened(struct request *rq, const struct sb_result *result)
{
	uint32_t listener = (uint32_t)rq->core->listener;
	uint32_t flags = result->already ? WIRE_ALREADY : 0;
	size_t reply = begin(rq), field;

	sb_reply_field(rq->out, &flags, sizeof(flags));
	sb_reply_field(rq->out, &listener, sizeof(listener));
	append_result(rq, result);
	field = sb_field_begin(rq->out);
	sb_ranges_append(rq->core, rq->out);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
}

static bool serve_apply(struct request *rq)
{
	struct sb_client by = { rq->owner, rq->peer->pid, rq->peer->fd };
	struct sb_which which = which_of(rq);
	struct sb_result result;
	uint32_t flags;

	if (!read_flags(rq, WIRE_NODEPS | WIRE_REPLACE, &flags) ||
	    !sb_apply(rq->core, &by, &which, flags, &result, &rq->err))
		return false;
	reply_opened(rq, &result);
	return true;
}

static bool serve_revert(struct request *rq)
{
	struct sb_client by = { rq->owner, rq->peer->pid, rq->peer->fd };
	struct sb_which which = which_of(rq);
	struct sb_result result;
	uint32_t flags;

	if (!read_flags(rq, WIRE_NODEPS, &flags) ||
	    !sb_revert(rq->core, &by, &which, flags, &result, &rq->err))
		return false;
	reply_opened(rq, &result);
	return true;
}

static bool serve_remove(struct request *rq)
{
	struct sb_which which = which_of(rq);
	struct wire_patch patch;
	uint32_t flags;
	size_t reply;

	if (!read_flags(rq, WIRE_FORCE, &flags) ||
	    !sb_remove(rq->core, &which, flags & WIRE_FORCE, &patch, &rq->err))
		return false;
	reply = begin(rq);
	sb_reply_field(rq->out, &patch, sizeof(patch));
	sb_reply_end(rq->out, reply);
	describe(&rq->about, patch.name, patch.build_id);
	note_change(rq, "removed");
	return true;
}

static bool serve_contexts(struct request *rq)
{
	size_t reply = begin(rq), field = sb_field_begin(rq->out);
	struct sb_context_iter it = { 0 };
	struct wire_context context;

	if (rq->core->txn.by.connection == rq->owner)
		rq->core->txn.rest_ns = now_ns();
	while (sb_context_next(rq->core->writer.mem_fd, &it, &context)) {
		if (rq->out->len - reply > WIRE_MAX_REPLY - sizeof(context)) {
			rq->out->len = reply;
			return sb_fail(&rq->err, SB_FAILED, "too many coroutines for one reply");
		}
		sb_buf_append(rq->out, &context, sizeof(context));
	}
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static void append_code(struct request *rq, const struct sb_patches *list)
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

static bool serve_code(struct request *rq)
{
	size_t reply = begin(rq), field = sb_field_begin(rq->out);

	append_code(rq, &rq->core->patches);
	append_code(rq, &rq->core->kept);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static bool check_owner(struct request *rq)
{
	const struct sb_txn *txn = &rq->core->txn;

	if (txn->state != SB_TXN_IDLE && txn->by.connection == rq->owner)
		return true;
	return sb_fail(&rq->err, SB_USAGE, "this connection has opened no transaction");
}

/* The newest N of those that are not applied have just been reverted. */
static void note_replaced(struct request *rq, uint32_t n)
{
	const struct sb_patch *p = rq->core->checked.newest;
	struct sb_about about = rq->about;

	for (; n && p; n--, p = p->older) {
		describe(&about, p->name, p->build_id);
		sb_log_change(&rq->core->log, rq->peer, "reverted", &about);
	}
}

static bool serve_commit(struct request *rq)
{
	struct sb_txn *txn = &rq->core->txn;
	uint32_t n_applied = rq->core->patches.n;
	bool is_apply = txn->state == SB_TXN_APPLYING, replaces;

	if (!check_owner(rq))
		return false;
	if (!txn->rest_ns)
		txn->rest_ns = now_ns();
	replaces = is_apply && txn->patch->replaces;
	describe(&rq->about, txn->patch->name, txn->patch->build_id);
	if (!sb_txn_commit_quiet(rq->core, rq->peer->pid, &rq->err))
		return false;
	sb_reply_end(rq->out, begin(rq));
	rq->about.has_stop = true;
	rq->about.stop_us = (now_ns() - txn->rest_ns) / 1000;
	if (replaces)
		note_replaced(rq, n_applied);
	note_change(rq, is_apply ? "applied" : "reverted");
	return true;
}

static bool serve_abort(struct request *rq)
{
	const struct sb_patch *patch = rq->core->txn.patch;

	if (!check_owner(rq))
		return false;
	describe(&rq->about, patch->name, patch->build_id);
	sb_txn_abort(rq->core);
	sb_reply_end(rq->out, begin(rq));
	return true;
}

static bool serve_test(struct request *rq)
{
	size_t reply, field;

	if (!sb_txn_check_idle(rq->core, &rq->err))
		return false;
	reply = begin(rq);
	field = sb_field_begin(rq->out);
	sb_selftest_append(rq->core, rq->out);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static bool serve_log(struct request *rq)
{
	struct sb_log *log = &rq->core->log;
	uint32_t previous[2] = { log->level, log->sink.targets }, level, targets;
	size_t reply;

	if (!sb_txn_check_idle(rq->core, &rq->err) || !read_u32(rq, 0, "levels", &level) ||
	    !read_u32(rq, 1, "targets", &targets))
		return false;
	if (!sb_log_set(log, rq->core->socket.dir_fd, level, targets, &rq->err))
		return false;
	reply = begin(rq);
	sb_reply_field(rq->out, &previous[0], sizeof(previous[0]));
	sb_reply_field(rq->out, &previous[1], sizeof(previous[1]));
	sb_reply_end(rq->out, reply);
	return true;
}

static const struct {
	size_t n_fields;
	handler *serve;
} messages[] = {
	[WIRE_INFO] = { 0, serve_info },	 [WIRE_LIST] = { 0, serve_list },
	[WIRE_UPLOAD] = { 2, serve_upload },	 [WIRE_APPLY] = { 2, serve_apply },
	[WIRE_REVERT] = { 2, serve_revert },	 [WIRE_REMOVE] = { 2, serve_remove },
	[WIRE_CONTEXTS] = { 0, serve_contexts }, [WIRE_COMMIT] = { 0, serve_commit },
	[WIRE_ABORT] = { 0, serve_abort },	 [WIRE_TEST] = { 0, serve_test },
	[WIRE_LOG] = { 2, serve_log },		 [WIRE_CODE] = { 0, serve_code },
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
	struct request rq = {
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
