/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* From the bytes that came over the socket to a patch that is CHECKED, and from there to none. */
#include <string.h>
#include <time.h>

#include "runtime/debugger.h"
#include "runtime/load.h"
#include "runtime/states.h"
#include "runtime/unwind.h"

static const char gone; /* stands for a connection that is no more */

static bool is_trusted(struct sb_core *core, const uint8_t *file, size_t size,
		       struct sb_arena *scratch, struct sb_error *warning, struct sb_error *err)
{
	if (core->trust.policy == SB_POLICY_OFF)
		return true;
	if (core->trust.policy == SB_POLICY_ENFORCE)
		return sb_trust_check(core->trust.keys, file, size, scratch, err);
	if (!sb_trust_check(core->trust.keys, file, size, scratch, warning))
		sb_log_text(&core->log, SB_LOG_MESSAGES, warning->text);
	return true;
}

static bool has_name(const struct sb_patch *patch, const char *name)
{
	return name && !strcmp(patch->name, name);
}

/* The same patch again is fine; another one of its name or build-id is not, applied or not. */
static bool check_known(const struct sb_core *core, const struct sb_payload *payload,
			struct sb_result *ret, struct sb_error *err)
{
	const struct sb_patches *lists[] = { &core->patches, &core->checked };
	const char *name = sb_modinfo(payload, "name");

	for (unsigned i = 0; i < 2; i++)
		for (struct sb_patch *p = lists[i]->oldest; p; p = p->newer) {
			bool same_id =
				sb_id_equal(&payload->build_id, p->build_id, sizeof(p->build_id));

			if (same_id && !has_name(p, name))
				return sb_fail(err, SB_REFUSED,
					       "this payload is there as patch '%s'; remove that "
					       "one first",
					       p->name);
			if (!same_id && has_name(p, name))
				return sb_fail(err, SB_REFUSED,
					       "another patch with the name '%s' is there; remove "
					       "that one first",
					       p->name);
			if (same_id)
				*ret = (struct sb_result){ .patch = p, .already = true };
		}
	if (ret->already || core->patches.n + core->checked.n + core->kept.n < WIRE_MAX_PATCHES)
		return true;
	return sb_fail(err, SB_FAILED, "there are %u patches already; remove one first",
		       WIRE_MAX_PATCHES);
}

void sb_bury(struct sb_core *core, struct sb_patch *patch)
{
	struct sb_error err;

	sb_unwind_remove(patch);
	sb_debugger_remove(patch);
	for (unsigned a = 0; a < SB_N_AREAS; a++)
		if (!sb_clear_span(&core->writer, a, &core->areas[a], &patch->spans[a], &err))
			sb_log_text(&core->log, SB_LOG_MESSAGES, err.text);
	sb_patch_destroy(patch, core->areas);
}

static bool place(struct sb_core *core, struct sb_patch *patch, const struct sb_images *images,
		  struct sb_error *err)
{
	for (uint32_t i = 0; i < patch->n_writes; i++)
		if (sb_text_is_blocked(&core->writer, &patch->writes[i]))
			return sb_fail(
				err, SB_REFUSED,
				"'%s' shares a page with the runtime, which can't be written "
				"here",
				patch->writes[i].name);
	for (unsigned a = 0; a < SB_N_AREAS; a++)
		if (!sb_write_span(&core->writer, a, &core->areas[a], &patch->spans[a],
				   images->bytes[a], err))
			return false;
	return true;
}

static bool load(struct sb_core *core, const uint8_t *file, size_t size, struct sb_arena *scratch,
		 struct sb_result *ret, struct sb_error *err)
{
	struct sb_load load = { &core->exe, &core->patches, &core->checked, core->areas };
	struct sb_payload payload;
	struct sb_images images;
	struct timespec now = { 0 };

	if (!is_trusted(core, file, size, scratch, &ret->warning, err) ||
	    !sb_parse(scratch, file, size, &payload, err) || !check_known(core, &payload, ret, err))
		return false;
	if (ret->already)
		return true;
	if (!sb_load(&load, &payload, scratch, &ret->patch, &images, err))
		return false;
	if (!place(core, ret->patch, &images, err)) {
		sb_bury(core, ret->patch);
		return false;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	ret->patch->since = (uint64_t)now.tv_sec;
	sb_patches_push(&core->checked, ret->patch);
	return true;
}

bool sb_upload(struct sb_core *core, const void *transient_of, const uint8_t *file, size_t size,
	       struct sb_result *ret, struct sb_error *err)
{
	struct sb_arena scratch = { 0 };
	bool ok;

	*ret = (struct sb_result){ 0 };
	if (!sb_states_begin(core, err))
		return false;
	ok = load(core, file, size, &scratch, ret, err);
	sb_arena_deinit(&scratch);
	/* Of several who want it for a while the last one decides. */
	if (ok && (!ret->already || ret->patch->transient_of))
		ret->patch->transient_of = transient_of;
	return ok;
}

void sb_states_orphan(struct sb_core *core, const void *connection)
{
	for (struct sb_patch *p = core->checked.oldest; p; p = p->newer)
		if (p->transient_of == connection)
			p->transient_of = &gone;
}

static void note_removed(struct sb_core *core, const struct sb_patch *patch)
{
	struct sb_about about = { 0 };

	memcpy(about.name, patch->name, sizeof(about.name));
	memcpy(about.build_id, patch->build_id, sizeof(about.build_id));
	sb_log_change(&core->log, NULL, "removed", &about);
}

void sb_states_sweep(struct sb_core *core)
{
	struct sb_patch *p, *older;

	/* Threads may be stopped, or a post hook not have run yet. */
	if (core->txn.state != SB_TXN_IDLE || core->txn.ended)
		return;
	/* From the newest down: it may refer to an older one, which then stays for it. */
	for (p = core->checked.newest; p; p = older) {
		older = p->older;
		if (p->transient_of != &gone || sb_patches_referring(&core->checked, p))
			continue;
		sb_patches_unlink(&core->checked, p);
		note_removed(core, p);
		sb_bury(core, p);
	}
}
