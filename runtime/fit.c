/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The stack may have changed since the upload: all that was asked of it is asked again. */
#include "runtime/fit.h"

#include <string.h>

#include "runtime/below.h"

static bool check_data(const struct sb_patch *patch, struct sb_error *err)
{
	return !patch->is_used || sb_fail(err, SB_REFUSED,
					  "the data of patch '%s' is used; remove it and upload it "
					  "again",
					  patch->name);
}

/* What it stacks on must be applied, and stay so. NODEPS helps who does not refer to it. */
static bool check_depends(const struct sb_patches *applied, const struct sb_patch *patch,
			  bool nodeps, struct sb_error *err)
{
	char hex[2 * LIVEPATCH_BUILD_ID_LEN + 1];

	if (!patch->depends.len || (nodeps && !patch->n_below))
		return true;
	sb_hex(patch->depends.bytes, sizeof(patch->build_id), hex);
	if (patch->replaces)
		return sb_fail(err, SB_REFUSED,
			       "patch '%s' stacks on patch %s; it can't take the place of all",
			       patch->name, hex);
	return sb_patches_find_id(applied, patch->depends.bytes) ||
	       sb_fail(err, SB_REFUSED, "patch '%s' stacks on patch %s, which is not applied",
		       patch->name, hex);
}

static bool check_below(const struct sb_patches *applied, const struct sb_patch *patch,
			struct sb_error *err)
{
	for (uint32_t i = 0; i < patch->n_below; i++)
		if (!sb_is_below(applied, NULL, &patch->depends, patch->below[i]))
			return sb_fail(
				err, SB_REFUSED,
				"patch '%s' refers to patch '%s', which is not applied below "
				"it",
				patch->name, patch->below[i]->name);
	return true;
}

/* Of other patches only those that it stacks on: a fix would be lost silently. */
static bool check_overlap(const struct sb_patches *applied, const struct sb_patch *patch,
			  const char *name, uint64_t addr, uint64_t size, struct sb_error *err)
{
	const struct sb_patch *under = sb_patches_covering(applied, addr, size);

	return !under || patch->replaces || sb_is_below(applied, NULL, &patch->depends, under) ||
	       sb_fail(err, SB_REFUSED,
		       "'%s' is already replaced by patch '%s', on which '%s' does not stack; "
		       "revert that one first",
		       name, under->name, patch->name);
}

static bool is_expected(const struct sb_patches *applied, const struct sb_expect *expect)
{
	uint8_t now[64];
	size_t n;

	for (size_t at = 0; at < expect->len; at += n) {
		n = expect->len - at < sizeof(now) ? expect->len - at : sizeof(now);

		sb_copy_running(now, expect->addr + at, n);
		sb_patches_original(applied, expect->addr + at, now, n);
		if (memcmp(now, expect->bytes + at, n) != 0)
			return false;
	}
	return true;
}

static bool take_old(const struct sb_patches *applied, const struct sb_patch *patch,
		     struct sb_write *w, struct sb_error *err)
{
	if (!check_overlap(applied, patch, w->name, w->addr, w->len, err))
		return false;
	if (!is_expected(applied, &w->expect))
		return sb_fail(err, SB_TARGET,
			       "the running '%s' does not hold the bytes that '%s' expects",
			       w->name, patch->name);
	sb_copy_running(w->old, w->addr, w->len);
	if (patch->replaces)
		sb_patches_original(applied, w->addr, w->old, w->len);
	return true;
}

bool sb_fit(const struct sb_patches *applied, struct sb_patch *patch, uint32_t flags,
	    struct sb_error *err)
{
	patch->replaces = patch->is_cumulative || (flags & WIRE_REPLACE);
	if (!check_data(patch, err) || !check_depends(applied, patch, flags & WIRE_NODEPS, err) ||
	    !check_below(applied, patch, err))
		return false;
	for (uint32_t i = 0; i < patch->n_funcs; i++)
		if (!check_overlap(applied, patch, patch->funcs[i].name, patch->funcs[i].old_addr,
				   patch->funcs[i].old_size, err))
			return false;
	for (uint32_t i = 0; i < patch->n_writes; i++)
		if (!take_old(applied, patch, &patch->writes[i], err))
			return false;
	return true;
}
