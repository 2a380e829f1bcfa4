/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/hooks.h"

#include <string.h>

#include "runtime/livepatch.h"
#include "runtime/sys.h"

static const char *const kinds[SB_N_HOOKS] = {
	"load", "unload", "preapply", "postapply", "prerevert", "postrevert",
};

/* In the payload's own text, or in that of the program, but not in another patch's. */
static bool is_code(const struct sb_load *load, const struct sb_layout *layout, uint64_t addr)
{
	const struct sb_area *area = &load->areas[SB_TEXT];

	if (sb_layout_bytes(layout, SB_TEXT, addr, 1))
		return true;
	return sb_exe_has_text(load->exe, addr, 1) &&
	       addr - (uint64_t)(uintptr_t)area->base >= area->n_pages * SB_PAGE;
}

static bool check_kind(const struct sb_load *load, const struct sb_payload *p,
		       const struct sb_layout *layout, struct sb_patch *patch, enum sb_hook kind,
		       struct sb_error *err)
{
	uint32_t n = sb_list_count(p, SB_HOOKS + kind);
	uint64_t *addr = sb_alloc_array(&patch->arena, n, sizeof(*addr));

	if (!addr)
		return sb_fail(err, SB_FAILED, "out of memory");
	if (n)
		memcpy(addr, layout->lists[SB_HOOKS + kind], n * sizeof(*addr));
	for (uint32_t i = 0; i < n; i++)
		if (!is_code(load, layout, addr[i]))
			return sb_fail(err, SB_REFUSED,
				       "%s hook %u is neither in the text of the payload nor of "
				       "this program",
				       kinds[kind], i);
	patch->hooks[kind] = (struct sb_hooks){ addr, n };
	return true;
}

bool sb_hooks_check(const struct sb_load *load, const struct sb_payload *p,
		    const struct sb_layout *layout, struct sb_patch *patch, struct sb_error *err)
{
	for (unsigned kind = 0; kind < SB_N_HOOKS; kind++)
		if (!check_kind(load, p, layout, patch, (enum sb_hook)kind, err))
			return false;
	return true;
}

SB_QUIET void sb_hooks_run_quiet(const struct sb_patch *patch, enum sb_hook kind)
{
	const struct sb_hooks *hooks = &patch->hooks[kind];

	for (uint32_t i = 0; i < hooks->n; i++)
		((livepatch_stopped_hook *)(uintptr_t)hooks->addr[i])();
}

bool sb_hooks_before(const struct sb_patch *patch, enum sb_hook kind, struct sb_error *err)
{
	const struct sb_hooks *hooks = &patch->hooks[kind];
	const struct livepatch_payload payload = { .name = patch->name };
	int rc = hooks->n ? ((livepatch_pre_hook *)(uintptr_t)hooks->addr[0])(&payload) : 0;

	return !rc || sb_fail(err, SB_REFUSED, "the %s hook of '%s' said %d; nothing changed",
			      kinds[kind], patch->name, rc);
}

void sb_hooks_after(const struct sb_patch *patch, enum sb_hook kind, int rc)
{
	const struct sb_hooks *hooks = &patch->hooks[kind];
	const struct livepatch_payload payload = { .name = patch->name, .rc = rc };

	if (hooks->n)
		((livepatch_post_hook *)(uintptr_t)hooks->addr[0])(&payload);
}
