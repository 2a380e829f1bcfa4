/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The transitions; each asks first whether another client is in the middle of one. */
#include "runtime/states.h"

#include <errno.h>

#include "runtime/debugger.h"
#include "runtime/fit.h"
#include "runtime/hooks.h"
#include "runtime/swap.h"
#include "runtime/unwind.h"

bool sb_states_begin(struct sb_core *core, struct sb_error *err)
{
	if (!sb_txn_check_idle(core, err))
		return false;
	sb_txn_tidy(core);
	return true;
}

static struct sb_patch *find(const struct sb_core *core, const struct sb_which *which,
			     struct sb_error *err)
{
	struct sb_patch *patch = sb_patches_find(&core->patches, which->text, which->len);

	if (!patch)
		patch = sb_patches_find(&core->checked, which->text, which->len);
	if (!patch)
		(void)sb_fail(
			err, SB_NOTHING, "there is no patch '%.*s'",
			(int)(which->len < LIVEPATCH_MAX_NAME ? which->len : LIVEPATCH_MAX_NAME),
			which->text);
	return patch;
}

/* For patches whose code runs there may be an unwinder now that was not there then. */
static void announce(struct sb_core *core, struct sb_patch *patch)
{
	for (struct sb_patch *p = core->patches.oldest; p; p = p->newer)
		sb_unwind_add(p);
	for (struct sb_patch *p = core->kept.oldest; p; p = p->newer)
		sb_unwind_add(p);
	sb_unwind_add(patch);
	sb_debugger_add(patch);
}

/* The patch that a transition is about, unless another one is under way. */
static struct sb_patch *begin_with(struct sb_core *core, const struct sb_which *which,
				   struct sb_result *ret, struct sb_error *err)
{
	*ret = (struct sb_result){ 0 };
	if (sb_states_begin(core, err))
		ret->patch = find(core, which, err);
	return ret->patch;
}

/* The hooks that may veto. */
static bool ask(struct sb_core *core, const struct sb_patch *patch, struct sb_error *err)
{
	if ((!patch->replaces || sb_swap_ask(&core->patches, err)) &&
	    sb_hooks_before(patch, SB_PREAPPLY, err))
		return true;
	sb_swap_tell(&core->patches, &core->checked, -ECANCELED);
	return false;
}

bool sb_apply(struct sb_core *core, const struct sb_client *by, const struct sb_which *which,
	      uint32_t flags, struct sb_result *ret, struct sb_error *err)
{
	struct sb_patch *patch = begin_with(core, which, ret, err);

	if (!patch)
		return false;
	announce(core, patch);
	ret->already = patch->state == WIRE_APPLIED;
	if (ret->already && (flags & WIRE_REPLACE) && core->patches.n > 1)
		return sb_fail(err, SB_REFUSED,
			       "patch '%s' is applied, and so are others; revert those",
			       patch->name);
	if (ret->already)
		return true;
	if (!sb_fit(&core->patches, patch, flags, err) ||
	    !sb_txn_open(core, by, SB_TXN_APPLYING, patch, err))
		return false;
	if (ask(core, patch, err))
		return true;
	sb_txn_forget(core);
	return false;
}

/* From the top down; with NODEPS also what nothing that is applied stands on. */
static bool check_top(const struct sb_core *core, const struct sb_patch *patch, bool nodeps,
		      struct sb_error *err)
{
	const struct sb_patch *above = sb_patches_above(&core->patches, patch);

	if (above)
		return sb_fail(err, SB_REFUSED, "patch '%s' stacks on '%s'; revert '%s' first",
			       above->name, patch->name, above->name);
	return nodeps || patch == core->patches.newest ||
	       sb_fail(err, SB_REFUSED, "patch '%s' is not on top of the stack; revert '%s' first",
		       patch->name, core->patches.newest->name);
}

bool sb_revert(struct sb_core *core, const struct sb_client *by, const struct sb_which *which,
	       uint32_t flags, struct sb_result *ret, struct sb_error *err)
{
	struct sb_patch *patch = begin_with(core, which, ret, err);

	if (!patch)
		return false;
	ret->already = patch->state == WIRE_CHECKED;
	if (ret->already)
		return true;
	patch->replaces = false;
	if (!check_top(core, patch, flags & WIRE_NODEPS, err) ||
	    !sb_txn_open(core, by, SB_TXN_REVERTING, patch, err))
		return false;
	if (sb_hooks_before(patch, SB_PREREVERT, err))
		return true;
	sb_txn_forget(core);
	return false;
}

/* One that is kept, when no other has its name or build-id. */
static struct sb_patch *find_to_free(const struct sb_core *core, const struct sb_which *which,
				     struct sb_error *err)
{
	struct sb_patch *kept = sb_patches_find(&core->kept, which->text, which->len);
	struct sb_patch *patch = find(core, which, err);

	return patch ? patch : kept;
}

static bool check_free(const struct sb_core *core, const struct sb_patch *patch, bool force,
		       struct sb_error *err)
{
	const struct sb_patch *above = sb_patches_referring(&core->checked, patch);

	if (patch->state == WIRE_APPLIED)
		return sb_fail(err, SB_REFUSED, "patch '%s' is applied; revert it first",
			       patch->name);
	if (!above && force)
		above = sb_patches_referring(&core->kept, patch);
	if (above)
		return sb_fail(err, SB_REFUSED, "patch '%s' refers to '%s'; remove '%s' first",
			       above->name, patch->name, above->name);
	return force || patch->state == WIRE_CHECKED ||
	       sb_fail(err, SB_REFUSED,
		       "patch '%s' is removed and kept, as pointers to its code may be left; "
		       "--force frees it",
		       patch->name);
}

bool sb_remove(struct sb_core *core, const struct sb_which *which, bool force,
	       struct wire_patch *ret, struct sb_error *err)
{
	struct sb_patch *patch;

	if (!sb_states_begin(core, err))
		return false;
	patch = find_to_free(core, which, err);
	if (!patch || !check_free(core, patch, force, err))
		return false;
	sb_patches_unlink(patch->state == WIRE_KEPT ? &core->kept : &core->checked, patch);
	if (!force && (patch->is_pinned || sb_patches_referring(&core->kept, patch))) {
		patch->state = WIRE_KEPT;
		sb_patches_push(&core->kept, patch);
		sb_patch_describe(patch, ret);
		return true;
	}
	sb_patch_describe(patch, ret);
	sb_bury(core, patch);
	return true;
}
