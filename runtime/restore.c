/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/note.h"
#include "runtime/quiet.h"
#include "runtime/states.h"
#include "runtime/stored.h"
#include "runtime/whole.h"

#define MAX_LINES 32	      /* of the log, about what was skipped */
#define MAX_BYTES (64u << 20) /* of all files */

/* Everything of this size comes from the kernel: a program's stack may be small. */
struct work {
	struct sb_stored list;
	struct sb_error err;
	struct sb_result result;
	size_t n_bytes; /* read so far */
};

/* Something of N that were stored. */
static void skip(struct sb_core *core, const char *what, uint32_t n, const char *why)
{
	struct sb_restored *restored = &core->restored;
	char text[400];

	snprintf(text, sizeof(text), "not applied at the start: %s: %s", what, why);
	if (!restored->n_skipped)
		snprintf(restored->reason, sizeof(restored->reason), "%s: %s", what, why);
	if (restored->n_skipped < MAX_LINES)
		sb_log_text(&core->log, SB_LOG_OFF, text);
	restored->n_skipped += n;
}

static bool read_file(struct work *w, int fd, size_t size, uint8_t *out)
{
	int rc = sb_read_whole(fd, out, size);

	return !rc || sb_fail(&w->err, SB_FAILED, "reading it failed: %s",
			      rc == -ENODATA ? "it became shorter" : strerror(-rc));
}

static bool load(struct work *w, int dir_fd, const char *file, struct sb_arena *arena,
		 uint8_t **ret, size_t *ret_size)
{
	bool ok = false;
	int fd;

	if (!sb_stored_open_file(dir_fd, file, 0, &fd, ret_size, &w->err))
		return false;
	w->n_bytes += *ret_size;
	*ret = w->n_bytes > MAX_BYTES ? NULL : sb_alloc(arena, *ret_size);
	if (*ret)
		ok = read_file(w, fd, *ret_size, *ret);
	else
		sb_error_set(&w->err, SB_FAILED, "there are more than %u bytes, or no memory",
			     MAX_BYTES);
	close(fd);
	return ok;
}

/* From here on as for a client, which has stopped all threads but this one: there are none. */
static bool apply(struct sb_core *core, struct work *w, const uint8_t *file, size_t size)
{
	const struct sb_client nobody = { .connection = w, .fd = -1 };
	char id[2 * LIVEPATCH_BUILD_ID_LEN + 1];
	struct sb_which which = { id, sizeof(id) - 1 };
	struct wire_patch gone;
	struct sb_error other;
	bool ok;

	if (!sb_upload(core, NULL, file, size, &w->result, &w->err))
		return false;
	if (w->result.already)
		return sb_fail(&w->err, SB_REFUSED, "patch '%s' is there already",
			       w->result.patch->name);
	sb_hex(w->result.patch->build_id, LIVEPATCH_BUILD_ID_LEN, id);
	ok = sb_apply(core, &nobody, &which, 0, &w->result, &w->err) &&
	     sb_txn_commit_quiet(core, 0, &w->err);
	sb_txn_abort(core); /* a hook may have made a thread: then it is still open */
	sb_txn_tidy(core);
	if (!ok)
		(void)sb_remove(core, &which, true, &gone, &other);
	return ok;
}

static void restore_file(struct sb_core *core, struct work *w, int dir_fd, const char *file)
{
	struct sb_arena arena = { 0 };
	struct sb_about about = { 0 };
	uint8_t *bytes;
	size_t size;

	if (load(w, dir_fd, file, &arena, &bytes, &size) && apply(core, w, bytes, size)) {
		core->restored.n_applied++;
		memcpy(about.name, w->result.patch->name, sizeof(about.name));
		memcpy(about.build_id, w->result.patch->build_id, sizeof(about.build_id));
		sb_log_start(&core->log, &about);
	} else {
		skip(core, file, 1, w->err.text);
	}
	sb_arena_deinit(&arena);
}

static bool is_alone(struct sb_core *core, struct sb_error *err)
{
	pid_t other;

	core->listener = (pid_t)syscall(SYS_gettid);
	return sb_all_stopped_quiet(core->task_fd, &core->watch, core->listener, 0, &other) ||
	       sb_fail(err, SB_BUSY, "the process has another thread (%d) already", (int)other);
}

static void restore(struct sb_core *core, struct work *w, int dir_fd)
{
	if (!sb_stored_list(dir_fd, &w->list, &w->err) || !is_alone(core, &w->err)) {
		skip(core, core->restored.state, 1, w->err.text);
		return;
	}
	for (uint32_t i = 0; i < w->list.n; i++)
		restore_file(core, w, dir_fd, w->list.files[i]);
	if (w->list.n_more)
		skip(core, core->restored.state, w->list.n_more, "there are more than 256 patches");
	if (w->list.n_other)
		skip(core, w->list.other, w->list.n_other, "it has no name like 0001-NAME.raxlpxs");
}

void sb_restore(struct sb_core *core, const char *state)
{
	char id[2 * LIVEPATCH_MAX_BUILD_ID + 1];
	struct sb_arena arena = { 0 };
	struct work *w = sb_alloc(&arena, sizeof(*w));
	int root_fd, dir_fd = -1;

	snprintf(core->restored.state, sizeof(core->restored.state), "%s", state);
	sb_hex(core->exe.build_id, core->exe.build_id_len, id);
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!w)
		skip(core, state, 1, "out of memory");
	else if (core->exe.build_id_len &&
		 !sb_stored_open(root_fd, state, id, 0, &dir_fd, &w->err) &&
		 w->err.status != SB_NOTHING)
		skip(core, state, 1, w->err.text);
	close(root_fd);
	if (dir_fd >= 0) {
		restore(core, w, dir_fd);
		close(dir_fd);
	}
	core->listener = 0;
	sb_arena_deinit(&arena);
}
