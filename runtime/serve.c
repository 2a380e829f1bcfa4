/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The messages, one function each. All of them may be called while a client keeps the other
 * threads stopped, so none takes a lock, and memory comes from the kernel; what is slow or may need
 * libc's locks (APPLY, REMOVE, TEST, LOG) is refused or not reached while a transaction is open.
 */
#include "runtime/serve.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/contexts.h"
#include "runtime/info.h"
#include "runtime/selftest.h"

struct request {
	struct sb_core *core;
	const void *owner;
	const struct sb_peer *peer;
	uint16_t id;
	struct sb_field fields[WIRE_MAX_FIELDS];
	struct sb_buf *out;
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

static void append_patch(struct sb_buf *out, const struct sb_patch *patch)
{
	struct wire_patch wire;

	sb_patch_describe(patch, &wire);
	sb_buf_append(out, &wire, sizeof(wire));
}

/* All patches in one field: there may be more of them than a frame may have fields. */
static bool serve_list(struct request *rq)
{
	size_t reply = begin(rq), field = sb_field_begin(rq->out);

	for (const struct sb_patch *p = rq->core->patches.oldest; p; p = p->newer)
		append_patch(rq->out, p);
	if (rq->core->txn.state == SB_TXN_APPLYING)
		append_patch(rq->out, rq->core->txn.patch);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static void append_range(struct sb_buf *out, uint64_t start, uint64_t size, const char *name)
{
	struct wire_range range = { .start = start, .size = size };

	strncpy(range.name, name, sizeof(range.name) - 1);
	sb_buf_append(out, &range, sizeof(range));
}

/* What runs instead of the function at OLD_ADDR now: code of patches that are applied. */
static void append_replacements(struct sb_buf *out, const struct sb_patches *patches,
				uint64_t old_addr)
{
	for (const struct sb_patch *p = patches->oldest; p; p = p->newer)
		for (uint32_t i = 0; i < p->n_funcs; i++)
			if (p->funcs[i].old_addr == old_addr)
				append_range(out, p->funcs[i].new_addr, p->funcs[i].new_size,
					     p->funcs[i].name);
}

/* The replaced functions, entry bytes and cold parts included. */
static void append_old_code(struct sb_buf *out, const struct sb_patches *patches,
			    const struct sb_patch *patch)
{
	for (uint32_t i = 0; i < patch->n_funcs; i++) {
		append_range(out, patch->funcs[i].old_addr, patch->funcs[i].old_size,
			     patch->funcs[i].name);
		append_replacements(out, patches, patch->funcs[i].old_addr);
	}
	for (uint32_t i = 0; i < patch->n_ranges; i++)
		append_range(out, patch->ranges[i].addr, patch->ranges[i].size,
			     patch->ranges[i].name);
}

/* The payload's text, and the jumps but for their first byte: a thread that is about to run a jump
 * will run what is put back there. The replacing functions come first, though they lie in that
 * text, so that who waits is told a function and not `.text`. */
static void append_new_code(struct sb_buf *out, const struct sb_patch *patch)
{
	for (uint32_t i = 0; i < patch->n_funcs; i++)
		append_range(out, patch->funcs[i].new_addr, patch->funcs[i].new_size,
			     patch->funcs[i].name);
	for (uint32_t i = 0; i < patch->n_code; i++)
		append_range(out, patch->code[i].addr, patch->code[i].size, patch->code[i].name);
	for (uint32_t i = 0; i < patch->n_funcs; i++)
		append_range(out, patch->funcs[i].site + 1, LIVEPATCH_JUMP_LEN - 1,
			     patch->funcs[i].name);
}

/* A patch that takes the place of all others waits for their code, too. */
static void append_quiet(struct sb_buf *out, const struct sb_core *core,
			 const struct sb_patch *patch)
{
	if (core->txn.state == SB_TXN_REMOVING)
		append_new_code(out, patch);
	if (core->txn.state != SB_TXN_APPLYING)
		return;
	append_old_code(out, &core->patches, patch);
	for (const struct sb_patch *p = core->patches.oldest; patch->replaces && p; p = p->newer)
		append_new_code(out, p);
}

static bool reply_prepared(struct request *rq, const struct sb_patch *patch, uint32_t flags,
			   const char *warning)
{
	uint32_t listener = (uint32_t)rq->core->listener;
	size_t reply = sb_reply_begin(rq->out, rq->id, SB_OK, warning), field;

	sb_reply_field(rq->out, &flags, sizeof(flags));
	sb_reply_field(rq->out, &listener, sizeof(listener));
	field = sb_field_begin(rq->out);
	append_patch(rq->out, patch);
	sb_field_end(rq->out, field);
	field = sb_field_begin(rq->out);
	append_quiet(rq->out, rq->core, patch);
	sb_field_end(rq->out, field);
	sb_reply_end(rq->out, reply);
	return true;
}

static bool serve_apply(struct request *rq)
{
	struct sb_patch *patch;
	bool already = false;

	if (!sb_txn_apply(rq->core, rq->owner, rq->fields[0].data, rq->fields[0].len, &patch,
			  &already, &rq->err))
		return false;
	return reply_prepared(rq, patch, already ? WIRE_ALREADY : 0, rq->core->txn.warning.text);
}

static bool serve_remove(struct request *rq)
{
	struct sb_patch *patch;

	if (!sb_txn_remove(rq->core, rq->owner, (const char *)rq->fields[0].data, rq->fields[0].len,
			   &patch, &rq->err))
		return false;
	return reply_prepared(rq, patch, 0, "");
}

static bool serve_contexts(struct request *rq)
{
	size_t reply = begin(rq), field = sb_field_begin(rq->out);
	struct sb_context_iter it = { 0 };
	struct wire_context context;

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

static bool check_owner(struct request *rq)
{
	const struct sb_txn *txn = &rq->core->txn;

	if (txn->state != SB_TXN_IDLE && txn->owner == rq->owner)
		return true;
	return sb_fail(&rq->err, SB_USAGE, "this connection has opened no transaction");
}

static bool serve_commit(struct request *rq)
{
	if (!check_owner(rq) || !sb_txn_commit_quiet(rq->core, rq->peer->pid, &rq->err))
		return false;
	sb_reply_end(rq->out, begin(rq));
	return true;
}

static bool serve_abort(struct request *rq)
{
	if (!check_owner(rq))
		return false;
	sb_txn_abort(rq->core);
	sb_reply_end(rq->out, begin(rq));
	return true;
}

static bool check_no_txn(struct request *rq)
{
	return rq->core->txn.state == SB_TXN_IDLE ||
	       sb_fail(&rq->err, SB_BUSY, "a client is changing a patch; try again");
}

static bool serve_test(struct request *rq)
{
	size_t reply, field;

	if (!check_no_txn(rq))
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
	uint32_t previous = log->level, level;
	char name[48];
	size_t reply;

	if (!check_no_txn(rq))
		return false;
	if (rq->fields[0].len != sizeof(level))
		return sb_fail(&rq->err, SB_USAGE, "a level has %zu bytes", sizeof(level));
	memcpy(&level, rq->fields[0].data, sizeof(level));
	if (level > SB_LOG_DEBUG)
		return sb_fail(&rq->err, SB_USAGE, "there is no log level %u", level);
	snprintf(name, sizeof(name), "sandbox-log%d", (int)getpid());
	if (level && log->fd < 0 &&
	    !sb_log_open(log, rq->core->socket.dir_fd, name, level, &rq->err))
		return false;
	log->level = level;
	reply = begin(rq);
	sb_reply_field(rq->out, &previous, sizeof(previous));
	sb_reply_end(rq->out, reply);
	return true;
}

static const struct {
	size_t n_fields;
	handler *serve;
} messages[] = {
	[WIRE_INFO] = { 0, serve_info },	 [WIRE_LIST] = { 0, serve_list },
	[WIRE_APPLY] = { 1, serve_apply },	 [WIRE_REMOVE] = { 1, serve_remove },
	[WIRE_CONTEXTS] = { 0, serve_contexts }, [WIRE_COMMIT] = { 0, serve_commit },
	[WIRE_ABORT] = { 0, serve_abort },	 [WIRE_TEST] = { 0, serve_test },
	[WIRE_LOG] = { 1, serve_log },
};

void sb_serve_error(struct sb_core *core, const struct sb_peer *peer, uint16_t id,
		    enum sb_status status, const char *text, struct sb_buf *out)
{
	size_t start = sb_reply_begin(out, id, status, text);

	sb_reply_end(out, start);
	sb_log_message(&core->log, peer, (uint16_t)(id | WIRE_REPLY), out->len - start, status,
		       text);
}

bool sb_serve(struct sb_core *core, const void *owner, const struct sb_peer *peer,
	      const uint8_t *data, const struct wire_header *header, struct sb_buf *out)
{
	struct request rq = {
		.core = core, .owner = owner, .peer = peer, .id = header->id, .out = out
	};
	size_t start = out->len;
	size_t n;

	sb_log_message(&core->log, peer, header->id, header->length, 0, NULL);
	if (!sb_frame_fields(data, header, rq.fields, &n)) {
		sb_serve_error(core, peer, header->id, SB_USAGE,
			       "the fields of the message do not fill it", out);
		return false;
	}
	if (header->id >= sizeof(messages) / sizeof(messages[0]) || !messages[header->id].serve)
		sb_error_set(&rq.err, SB_USAGE, "there is no message %u", header->id);
	else if (n != messages[header->id].n_fields)
		sb_error_set(&rq.err, SB_USAGE, "message %s has %zu fields, not %zu",
			     sb_message_name(header->id), messages[header->id].n_fields, n);
	else if (messages[header->id].serve(&rq)) {
		sb_log_message(&core->log, peer, (uint16_t)(header->id | WIRE_REPLY),
			       out->len - start, SB_OK, NULL);
		return true;
	}
	sb_serve_error(core, peer, header->id, rq.err.status, rq.err.text, out);
	return true;
}
