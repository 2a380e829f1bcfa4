/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Transactions; see txn.h. sb_txn_commit_quiet() is the whole of what happens in the window. */
#include "runtime/txn.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "runtime/core.h"
#include "runtime/hooks.h"
#include "runtime/load.h"
#include "runtime/quiet.h"
#include "runtime/swap.h"
#include "runtime/sys.h"

#define NOT_STOPPED 1 /* besides the negative errnos */

static bool check_idle(const struct sb_core *core, struct sb_error *err)
{
	if (core->txn.state == SB_TXN_IDLE)
		return true;
	return sb_fail(err, SB_BUSY, "another client is changing patch '%s'; try again",
		       core->txn.patch->name);
}

/* The same patch again is fine, another one of its name is not. */
static bool check_known(const struct sb_core *core, const struct sb_payload *payload,
			struct sb_patch **ret, struct sb_error *err)
{
	const char *name = sb_modinfo(payload, "name");
	const struct sb_patch *twin;

	*ret = sb_patches_find_id(&core->patches, payload->build_id.bytes);
	if (*ret || !name)
		return true;
	twin = sb_patches_find_name(&core->patches, name);
	if (twin && !sb_modinfo(payload, "replace"))
		return sb_fail(err, SB_REFUSED,
			       "another patch with the name '%s' is applied; remove that one first",
			       name);
	return true;
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

static bool is_trusted(struct sb_core *core, const uint8_t *file, size_t size,
		       struct sb_arena *scratch, struct sb_error *err)
{
	struct sb_error *warning = &core->txn.warning;

	warning->text[0] = '\0';
	if (core->trust.policy == SB_POLICY_OFF)
		return true;
	if (core->trust.policy == SB_POLICY_ENFORCE)
		return sb_trust_check(core->trust.keys, file, size, scratch, err);
	if (!sb_trust_check(core->trust.keys, file, size, scratch, warning))
		sb_log_text(&core->log, SB_LOG_MESSAGES, warning->text);
	return true;
}

/* The hooks that may veto. */
static bool ask(struct sb_core *core, const struct sb_patch *patch, struct sb_error *err)
{
	if (patch->replaces && !sb_swap_ask(&core->patches, err))
		return false;
	if (sb_hooks_before(patch, SB_PREAPPLY, err))
		return true;
	sb_swap_tell(core->patches.newest, -ECANCELED);
	return false;
}

static bool prepare(struct sb_core *core, const uint8_t *file, size_t size,
		    struct sb_arena *scratch, struct sb_patch **ret, bool *ret_already,
		    struct sb_error *err)
{
	struct sb_load load = { &core->exe, &core->patches, core->areas };
	struct sb_payload payload;
	struct sb_images images;

	if (!is_trusted(core, file, size, scratch, err))
		return false;
	if (!sb_parse(scratch, file, size, &payload, err) || !check_known(core, &payload, ret, err))
		return false;
	*ret_already = *ret != NULL;
	if (*ret_already)
		return true;
	if (!sb_load(&load, &payload, scratch, ret, &images, err))
		return false;
	if (!place(core, *ret, &images, err) || !ask(core, *ret, err)) {
		core->txn.trash = *ret;
		return false;
	}
	return true;
}

bool sb_txn_apply(struct sb_core *core, const void *owner, const uint8_t *file, size_t size,
		  struct sb_patch **ret, bool *ret_already, struct sb_error *err)
{
	struct sb_arena scratch = { 0 };
	bool ok;

	if (!check_idle(core, err))
		return false;
	sb_txn_tidy(core);
	ok = prepare(core, file, size, &scratch, ret, ret_already, err);
	sb_arena_deinit(&scratch);
	if (ok && !*ret_already) {
		core->txn.state = SB_TXN_APPLYING;
		core->txn.owner = owner;
		core->txn.patch = *ret;
	}
	return ok;
}

bool sb_txn_remove(struct sb_core *core, const void *owner, const char *key, size_t len,
		   struct sb_patch **ret, struct sb_error *err)
{
	const struct sb_patch *above;

	if (!check_idle(core, err))
		return false;
	sb_txn_tidy(core);
	*ret = sb_patches_find(&core->patches, key, len);
	if (!*ret)
		return sb_fail(err, SB_NOTHING, "patch '%.*s' is not applied",
			       (int)(len < LIVEPATCH_MAX_NAME ? len : LIVEPATCH_MAX_NAME), key);
	above = sb_patches_above(&core->patches, *ret);
	if (above)
		return sb_fail(err, SB_REFUSED, "patch '%s' stacks on '%s'; remove '%s' first",
			       above->name, (*ret)->name, above->name);
	if (!sb_hooks_before(*ret, SB_PREREVERT, err))
		return false;
	core->txn.state = SB_TXN_REMOVING;
	core->txn.owner = owner;
	core->txn.patch = *ret;
	return true;
}

SB_QUIET static bool write_failed_quiet(const struct sb_patch *patch, int rc, uint32_t at,
					struct sb_error *err)
{
	if (rc == -ESTALE && at >= patch->n_funcs)
		return sb_fail_quiet(err, SB_FAILED, "table ", at - patch->n_funcs,
				     " of the patch was changed by somebody else; nothing written");
	if (rc == -ESTALE)
		return sb_fail_quiet(err, SB_FAILED, "the entry of function ", at,
				     " of the patch was changed by somebody else; nothing written");
	return sb_fail_quiet(err, SB_FAILED, "writing failed with error ", (uint64_t)-rc,
			     "; all old bytes were put back");
}

SB_QUIET static bool replace_failed_quiet(int rc, bool restored, struct sb_error *err)
{
	if (restored)
		return sb_fail_quiet(err, SB_FAILED, "exchanging all patches failed with error ",
				     (uint64_t)-rc, "; those that were applied still are");
	return sb_fail_quiet(err, SB_FAILED, "exchanging all patches failed with error ",
			     (uint64_t)-rc, "; not all of those that were applied are in again");
}

SB_QUIET static bool all_stopped_quiet(const struct sb_core *core, pid_t tracer,
				       struct sb_error *err)
{
	pid_t running;

	if (sb_all_stopped_quiet(core->task_fd, core->listener, tracer, &running))
		return true;
	return sb_fail_quiet(err, SB_BUSY, "thread ", (uint64_t)running,
			     " is not stopped by this client");
}

/*
 * 0, a negative errno, or NOT_STOPPED with ERR filled. Load hooks are the author's code: they may
 * have taken so long that the client let the threads go, or have written to a table themselves; so
 * all is checked again behind them. What they did is undone by the unload hooks when nothing is
 * written after all.
 */
SB_QUIET static int put_in_quiet(struct sb_core *core, const struct sb_patch *patch, pid_t tracer,
				 uint32_t *ret_at, struct sb_error *err)
{
	int rc = sb_check_quiet(patch, SB_PUT_IN, ret_at);

	if (rc)
		return rc;
	sb_hooks_run_quiet(patch, SB_LOAD);
	if (patch->hooks[SB_LOAD].n && !all_stopped_quiet(core, tracer, err))
		rc = NOT_STOPPED;
	else
		rc = sb_exchange_quiet(&core->writer, patch, SB_PUT_IN, ret_at);
	if (rc)
		sb_hooks_run_quiet(patch, SB_UNLOAD);
	return rc;
}

/* Like put_in_quiet(), for a patch in the place of all others. */
SB_QUIET static int replace_quiet(struct sb_core *core, const struct sb_patch *patch, pid_t tracer,
				  bool *ret_restored, struct sb_error *err)
{
	int rc = sb_swap_out_quiet(&core->writer, &core->patches, ret_restored);
	uint32_t at;

	if (!rc) {
		sb_hooks_run_quiet(patch, SB_LOAD);
		if (!all_stopped_quiet(core, tracer, err))
			rc = NOT_STOPPED;
		else
			rc = sb_exchange_quiet(&core->writer, patch, SB_PUT_IN, &at);
		if (!rc)
			return 0;
		sb_hooks_run_quiet(patch, SB_UNLOAD);
		*ret_restored = sb_swap_back_quiet(&core->writer, &core->patches);
	}
	/* Better an end than another try on top of that. */
	return rc == NOT_STOPPED && !*ret_restored ? -ESTALE : rc;
}

SB_QUIET static int take_out_quiet(struct sb_core *core, const struct sb_patch *patch,
				   uint32_t *ret_at)
{
	int rc = sb_exchange_quiet(&core->writer, patch, SB_TAKE_OUT, ret_at);

	if (!rc)
		sb_hooks_run_quiet(patch, SB_UNLOAD);
	return rc;
}

/* The patch of the transaction may be trash by the time that its post hook runs; it goes then. */
SB_QUIET static void end_quiet(struct sb_txn *txn, int rc)
{
	bool apply = txn->state == SB_TXN_APPLYING;

	if (apply == (rc != 0)) {
		txn->patch->older = txn->trash;
		txn->trash = txn->patch;
	}
	txn->ended = txn->patch;
	txn->post = apply ? SB_POSTAPPLY : SB_POSTREVERT;
	txn->rc = rc;
	txn->state = SB_TXN_IDLE;
	txn->owner = NULL;
	txn->patch = NULL;
}

SB_QUIET bool sb_txn_commit_quiet(struct sb_core *core, pid_t tracer, struct sb_error *err)
{
	struct sb_txn *txn = &core->txn;
	struct sb_patch *patch = txn->patch;
	bool apply = txn->state == SB_TXN_APPLYING;
	struct timespec now = { 0 };
	bool restored = true;
	uint32_t at = 0;
	int rc;

	if (!all_stopped_quiet(core, tracer, err))
		return false;
	if (!apply)
		rc = take_out_quiet(core, patch, &at);
	else if (patch->replaces)
		rc = replace_quiet(core, patch, tracer, &restored, err);
	else
		rc = put_in_quiet(core, patch, tracer, &at, err);
	if (rc == NOT_STOPPED)
		return false;
	if (rc) {
		if (apply && patch->replaces)
			replace_failed_quiet(rc, restored, err);
		else
			write_failed_quiet(patch, rc, at, err);
		end_quiet(txn, rc);
		return false;
	}
	(void)sb_sys(SYS_clock_gettime, CLOCK_REALTIME, (uint64_t)(uintptr_t)&now, 0, 0);
	patch->since = (uint64_t)now.tv_sec;
	if (apply) {
		patch->state = WIRE_APPLIED;
		if (patch->replaces)
			txn->replaced = sb_swap_unlink_quiet(&core->patches);
		sb_patches_push(&core->patches, patch);
	} else {
		sb_patches_unlink(&core->patches, patch);
	}
	end_quiet(txn, 0);
	return true;
}

SB_QUIET void sb_txn_abort(struct sb_core *core)
{
	if (core->txn.state != SB_TXN_IDLE)
		end_quiet(&core->txn, -ECANCELED);
}

static void bury(struct sb_core *core, struct sb_patch *patch)
{
	struct sb_error err;

	for (unsigned a = 0; a < SB_N_AREAS; a++)
		if (!sb_clear_span(&core->writer, a, &core->areas[a], &patch->spans[a], &err))
			sb_log_text(&core->log, SB_LOG_MESSAGES, err.text);
	sb_patch_destroy(patch, core->areas);
}

static void bury_all(struct sb_core *core, struct sb_patch *patch)
{
	for (struct sb_patch *next; patch; patch = next) {
		next = patch->older;
		bury(core, patch);
	}
}

void sb_txn_tidy(struct sb_core *core)
{
	struct sb_txn *txn = &core->txn;
	const struct sb_patch *ended = txn->ended;
	struct sb_patch *trash = txn->trash, *replaced = txn->replaced;

	txn->ended = NULL;
	txn->trash = txn->replaced = NULL;
	if (ended) {
		sb_swap_tell(replaced ? replaced : core->patches.newest, txn->rc);
		sb_hooks_after(ended, txn->post, txn->rc);
	}
	bury_all(core, trash);
	bury_all(core, replaced);
}
