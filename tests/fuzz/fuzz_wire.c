/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a stream of requests of one client. Every field of every whole frame is read; then
 * the runtime serves it, with two patches to play with, which change nothing when they are applied:
 * no byte of this program is written. Whatever was said, the registry is in order, and once the
 * connection is gone nothing is open.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/types.h"
#include "runtime/load.h"
#include "runtime/serve.h"
#include "runtime/states.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct sb_core core;
static const struct sb_peer peer = { .pid = 1 };

static void set_up(void)
{
	sb_exe_init(&core.exe);
	sb_areas_init(core.areas);
	core.writer = (struct sb_writer){ .mem_fd = -1, .way = SB_WAY_NONE };
	core.log.fd = core.socket.dir_fd = -1;
	core.task_fd = -1; /* no COMMIT finds the threads stopped */
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

static void serve(const u8 *data, const struct wire_header *header)
{
	struct sb_buf out = { 0 };
	struct wire_header reply;

	(void)sb_serve(&core, &core, &peer, data, header, &out);
	/* One whole frame, whatever became of it. */
	memcpy(&reply, out.data, sizeof(reply));
	if (out.failed || reply.length != out.len || reply.length > WIRE_MAX_REPLY ||
	    reply.id != (header->id | WIRE_REPLY))
		__builtin_trap();
	sb_buf_deinit(&out);
	if (core.txn.state == SB_TXN_IDLE)
		sb_txn_tidy(&core);
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

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct wire_header header;

	if (!core.exe.n_text)
		set_up();
	add_patch("a", 1, WIRE_APPLIED);
	add_patch("b", 2, WIRE_CHECKED);
	while (sb_frame_check(data, size, &header) == SB_FRAME_WHOLE) {
		if (header.length > size || header.length < sizeof(header))
			__builtin_trap();
		read_fields(data, &header);
		if (header.id != WIRE_TEST) /* which takes its time */
			serve(data, &header);
		data += header.length;
		size -= header.length;
	}
	check_list(&core.patches, WIRE_APPLIED);
	check_list(&core.checked, WIRE_CHECKED);
	sb_txn_abort(&core);
	sb_txn_tidy(&core);
	sb_states_orphan(&core, &core);
	sb_states_sweep(&core);
	remove_all(&core.patches);
	remove_all(&core.checked);
	return 0;
}
