/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Each patch goes out as it does alone, with its hooks; between two of them everything is as if
 * only those below had ever been applied. */
#include "runtime/swap.h"

#include <errno.h>

#include "runtime/hooks.h"
#include "runtime/sys.h"

void sb_swap_tell(struct sb_patch *newest, int rc)
{
	for (struct sb_patch *p = newest; p; p = p->older) {
		if (p->is_asked)
			sb_hooks_after(p, SB_POSTREVERT, rc);
		p->is_asked = false;
	}
}

bool sb_swap_ask(const struct sb_patches *patches, struct sb_error *err)
{
	for (struct sb_patch *p = patches->newest; p; p = p->older) {
		if (!sb_hooks_before(p, SB_PREREVERT, err)) {
			sb_swap_tell(patches->newest, -ECANCELED);
			return false;
		}
		p->is_asked = true;
	}
	return true;
}

SB_QUIET static bool put_in_from_quiet(const struct sb_writer *writer, const struct sb_patch *p)
{
	bool ok = true;
	uint32_t at;

	for (; p; p = p->newer) {
		sb_hooks_run_quiet(p, SB_LOAD);
		ok = !sb_exchange_quiet(writer, p, SB_PUT_IN, &at) && ok;
	}
	return ok;
}

SB_QUIET int sb_swap_out_quiet(const struct sb_writer *writer, const struct sb_patches *patches,
			       bool *ret_restored)
{
	for (const struct sb_patch *p = patches->newest; p; p = p->older) {
		uint32_t at;
		int rc = sb_exchange_quiet(writer, p, SB_TAKE_OUT, &at);

		if (rc) {
			*ret_restored = put_in_from_quiet(writer, p->newer);
			return rc;
		}
		sb_hooks_run_quiet(p, SB_UNLOAD);
	}
	return 0;
}

SB_QUIET bool sb_swap_back_quiet(const struct sb_writer *writer, const struct sb_patches *patches)
{
	return put_in_from_quiet(writer, patches->oldest);
}

SB_QUIET struct sb_patch *sb_swap_unlink_quiet(struct sb_patches *patches)
{
	struct sb_patch *newest = NULL, **end = &newest;

	while (patches->newest) {
		struct sb_patch *patch = patches->newest;

		sb_patches_unlink(patches, patch);
		patch->older = NULL;
		*end = patch;
		end = &patch->older;
	}
	return newest;
}
