/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests that apply payloads to their own program. It has one thread, which is the listener as
 * far as the runtime can tell, so that "all others are stopped" is true; the tests of the mini
 * target do the same with threads.
 */
#ifndef RT_TXN_H
#define RT_TXN_H

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "runtime/selftest.h"
#include "runtime/states.h"
#include "tests/unit/rt_payload.h"

static struct sb_core core;
static u8 before[3 * RT_OLD_SIZE]; /* the text of the three functions */
static u64 tables_before[8];	   /* of the three tables */
static int conn;		   /* its address stands for a connection */

static inline void read_tables(u64 out[8])
{
	for (int i = 0; i < 4; i++)
		out[i] = rt_constants[i];
	for (int i = 0; i < 2; i++) {
		out[4 + i] = (u64)(uintptr_t)rt_pointers[i];
		out[6 + i] = rt_numbers[i];
	}
}

static inline int setup(void **state)
{
	(void)state;
	sb_exe_init(&core.exe);
	sb_areas_init(core.areas);
	sb_log_init(&core.log);
	core.listener = (pid_t)syscall(SYS_gettid);
	core.task_fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sb_writer_init(&core.writer, core.areas);
	memcpy(before, (const void *)rt_old_1, sizeof(before));
	read_tables(tables_before);
	return core.task_fd < 0;
}

static inline struct rt_spec spec_1(const char *name, u8 id, int value)
{
	return (struct rt_spec){
		.name = name, .id = id, .funcs = { rt_func("rt_old_1", rt_old_1, value) }, .n = 1
	};
}

static inline struct sb_which which(const char *key)
{
	return (struct sb_which){ key, strlen(key) };
}

static inline enum sb_status upload(const struct rt_spec *spec, struct sb_result *ret,
				    struct sb_error *err)
{
	size_t len;
	u8 *file = rt_payload(&core.exe, spec, &len);

	err->text[0] = '\0';
	return sb_upload(&core, NULL, file, len, ret, err) ? SB_OK : err->status;
}

static inline enum sb_status begin_apply(const char *key, u32 flags, bool *already,
					 struct sb_error *err)
{
	struct sb_client by = { &conn, 4711, -1 };
	struct sb_which w = which(key);
	struct sb_result result;

	err->text[0] = '\0';
	if (!sb_apply(&core, &by, &w, flags, &result, err))
		return err->status;
	*already = result.already;
	return SB_OK;
}

static inline enum sb_status begin_revert_with(const char *key, u32 flags, bool *already,
					       struct sb_error *err)
{
	struct sb_client by = { &conn, 4711, -1 };
	struct sb_which w = which(key);
	struct sb_result result;

	err->text[0] = '\0';
	if (!sb_revert(&core, &by, &w, flags, &result, err))
		return err->status;
	*already = result.already;
	return SB_OK;
}

static inline enum sb_status begin_revert(const char *key, struct sb_error *err)
{
	bool already = false;

	return begin_revert_with(key, 0, &already, err);
}

static inline enum sb_status free_patch(const char *key, struct sb_error *err)
{
	struct sb_which w = which(key);
	struct wire_patch gone;

	err->text[0] = '\0';
	return sb_remove(&core, &w, false, &gone, err) ? SB_OK : err->status;
}

/* Uploads and opens a transaction. What can't be applied is not left there. */
static inline enum sb_status prepare(const struct rt_spec *spec, bool *already,
				     struct sb_error *err)
{
	enum sb_status status;
	struct sb_result result;
	struct sb_error ignored;

	status = upload(spec, &result, err);
	if (status != SB_OK)
		return status;
	status = begin_apply(spec->name, 0, already, err);
	if (status != SB_OK && !result.already)
		assert_int_equal(free_patch(spec->name, &ignored), SB_OK);
	return status;
}

static inline enum sb_status commit(struct sb_error *err)
{
	enum sb_status status = sb_txn_commit_quiet(&core, getpid(), err) ? SB_OK : err->status;

	sb_txn_tidy(&core);
	return status;
}

static inline void apply(const struct rt_spec *spec)
{
	struct sb_error err;
	bool already = false;

	if (prepare(spec, &already, &err) != SB_OK || already || commit(&err) != SB_OK)
		fail_msg("apply of '%s': %s", spec->name, err.text);
}

static inline void revert_with(const char *key, u32 flags)
{
	struct sb_error err;
	bool already = false;

	if (begin_revert_with(key, flags, &already, &err) != SB_OK || already ||
	    commit(&err) != SB_OK)
		fail_msg("revert of '%s': %s", key, err.text);
}

/* One that is not applied. */
static inline void drop_patch(const char *key)
{
	struct sb_error err;

	if (free_patch(key, &err) != SB_OK)
		fail_msg("remove of '%s': %s", key, err.text);
}

static inline void remove_patch(const char *key)
{
	revert_with(key, 0);
	drop_patch(key);
}

/* Text and tables as at the start, areas empty and filled, nothing open. */
static inline void assert_untouched(void)
{
	struct sb_buf out = { 0 };
	u64 tables[8];

	read_tables(tables);
	assert_memory_equal(before, (const void *)rt_old_1, sizeof(before));
	assert_memory_equal(tables_before, tables, sizeof(tables));
	assert_int_equal(core.patches.n, 0);
	assert_null(core.patches.oldest);
	assert_null(core.patches.newest);
	assert_int_equal(core.checked.n, 0);
	assert_null(core.checked.oldest);
	assert_int_equal(core.kept.n, 0);
	assert_int_equal(core.txn.state, SB_TXN_IDLE);
	for (unsigned a = 0; a < SB_N_AREAS; a++)
		assert_int_equal(sb_area_usage(&core.areas[a]).free,
				 sb_area_usage(&core.areas[a]).total);
	sb_selftest_append(&core, &out);
	sb_buf_append(&out, "", 1);
	if (strstr((char *)out.data, "not ok"))
		fail_msg("%s", (char *)out.data);
	sb_buf_deinit(&out);
}

#endif
