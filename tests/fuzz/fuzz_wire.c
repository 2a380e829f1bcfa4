/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a stream of requests of one client, sent in pieces over a socket, descriptors with
 * some of them. Every field of every whole frame is read; then the runtime serves it, with two
 * patches to play with, which change nothing when they are applied: no byte of this program is
 * written. Whatever was said, the registry is in order, and once the connection is gone nothing is
 * open.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/types.h"
#include "runtime/conn.h"
#include "runtime/load.h"
#include "runtime/serve.h"
#include "runtime/states.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct sb_core core;
static const struct sb_peer peer = { .pid = 1, .comm = "a\nb" };
static int file; /* in memory, to be passed */

static void set_up(void)
{
	sb_exe_init(&core.exe);
	sb_areas_init(core.areas);
	core.writer = (struct sb_writer){ .mem_fd = -1, .way = SB_WAY_NONE };
	sb_log_init(&core.log);
	core.socket.dir_fd = -1;
	core.task_fd = -1; /* no COMMIT finds the threads stopped */
	file = memfd_create("fuzz", MFD_CLOEXEC);
	if (file < 0 || write(file, "\177ELF", 4) != 4)
		abort();
}

static void add_patch(const char *name, u8 id, enum wire_state state)
{
	struct sb_arena on = { 0 };
	struct sb_patch *patch = sb_alloc(&on, sizeof(*patch));

	if (!patch)
		abort();
	patch->arena = on;
	memcpy(patch->name, name, strlen(name));
	memset(patch->build_id, id, sizeof(patch->build_id));
	patch->state = state;
	patch->is_pinned = state == WIRE_CHECKED;
	sb_patches_push(state == WIRE_APPLIED ? &core.patches : &core.checked, patch);
}

static void remove_all(struct sb_patches *list)
{
	while (list->newest) {
		struct sb_patch *patch = list->newest;

		sb_patches_unlink(list, patch);
		sb_patch_destroy(patch, core.areas);
	}
}

static void check_list(const struct sb_patches *list, enum wire_state state)
{
	u32 n = 0;

	for (const struct sb_patch *p = list->oldest; p; p = p->newer, n++)
		if (p->state != state || p != (p->newer ? p->newer->older : list->newest))
			__builtin_trap();
	if (n != list->n)
		__builtin_trap();
}

static void serve(const u8 *data, const struct wire_header *header, int passed)
{
	struct sb_buf out = { 0 };
	struct wire_header reply;

	(void)sb_serve(&core, &core, &peer, data, header, passed, &out);
	/* One whole frame, whatever became of it. */
	memcpy(&reply, out.data, sizeof(reply));
	if (out.failed || reply.length != out.len || reply.length > WIRE_MAX_REPLY ||
	    reply.id != (header->id | WIRE_REPLY))
		__builtin_trap();
	sb_buf_deinit(&out);
	if (core.txn.state == SB_TXN_IDLE) {
		sb_txn_tidy(&core);
		sb_log_flush(&core.log);
	}
	sb_states_sweep(&core);
}

static void read_fields(const u8 *data, const struct wire_header *header)
{
	static volatile u64 sink;
	struct sb_field fields[WIRE_MAX_FIELDS];
	size_t n = 0;

	if (!sb_frame_fields(data, header, fields, &n))
		n = 0;
	for (size_t i = 0; i < n; i++)
		for (u32 k = 0; k < fields[i].len; k++)
			sink = sink + fields[i].data[k];
}

/* With PASSED, N copies of the descriptor go with the piece. */
static void send_piece(int fd, const u8 *data, size_t len, int passed, unsigned n)
{
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr header;
	} control = { .header = { .cmsg_len = CMSG_LEN(n * sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	for (unsigned i = 0; i < n; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &passed, sizeof(passed));
	if (n) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
}

static bool serve_received(struct sb_conn *c)
{
	struct wire_header header = { 0 };
	enum sb_frame state;

	while ((state = sb_conn_next(c, 1, &header)) == SB_FRAME_WHOLE && !c->complaint) {
		if (header.length > c->in.len || header.length < sizeof(header))
			__builtin_trap();
		read_fields(c->in.data, &header);
		if (header.id != WIRE_TEST) /* which takes its time */
			serve(c->in.data, &header, c->passed_fd);
		sb_conn_served(c, header.length);
		if (c->passed_fd >= 0)
			__builtin_trap();
	}
	return state == SB_FRAME_PART && !c->complaint;
}

/* Where the stream is cut, and what goes with a piece, follows from its bytes. */
static void converse(const u8 *data, size_t size)
{
	struct sb_conn c;
	u32 dice = 2166136261u;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		abort();
	sb_conn_open(&c, pair[0], &peer, 1);
	for (size_t at = 0, n; at < size; at += n) {
		dice = (dice ^ data[at]) * 16777619u;
		n = 1 + (dice >> 8) % 64;
		if (n > size - at)
			n = size - at;
		send_piece(pair[1], data + at, n, file,
			   (dice >> 20) % 8 < 2 ? (dice >> 24) % 4 : 0);
		if (!sb_conn_receive(&c, 1) || !serve_received(&c))
			break;
	}
	sb_conn_close(&c);
	close(pair[1]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	int before, after;

	if (!core.exe.n_text)
		set_up();
	before = dup(file);
	close(before);
	core.log.sink.targets = WIRE_LOG_SYSLOG; /* there is none: lines are made, and lost */
	core.log.level = SB_LOG_DEBUG;
	add_patch("a", 1, WIRE_APPLIED);
	add_patch("b", 2, WIRE_CHECKED);
	converse(data, size);
	check_list(&core.patches, WIRE_APPLIED);
	check_list(&core.checked, WIRE_CHECKED);
	check_list(&core.kept, WIRE_KEPT);
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	sb_states_orphan(&core, &core);
	sb_states_sweep(&core);
	remove_all(&core.patches);
	remove_all(&core.checked);
	remove_all(&core.kept);
	after = dup(file); /* the lowest that is free */
	close(after);
	if (after != before)
		__builtin_trap();
	return 0;
}
