/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Each patch goes out as it does alone; between two of them everything is as if only those below
 * had ever been applied. */
#include "runtime/swap.h"

#include <errno.h>

#include "runtime/hooks.h"
#include "runtime/sys.h"

static void tell(struct sb_patch *patch, int rc)
{
	if (patch->is_asked)
		sb_hooks_after(patch, SB_POSTREVERT, rc);
	patch->is_asked = false;
}

void sb_swap_tell(const struct sb_patches *applied, const struct sb_patches *checked, int rc)
{
	for (struct sb_patch *p = applied->newest; p; p = p->older)
		tell(p, rc);
	/* The newest of the stack has become the oldest here. */
	for (struct sb_patch *p = checked->oldest; p; p = p->newer)
		tell(p, rc);
}

bool sb_swap_ask(const struct sb_patches *applied, struct sb_error *err)
{
	for (struct sb_patch *p = applied->newest; p; p = p->older) {
		if (!sb_hooks_before(p, SB_PREREVERT, err))
			return false;
		p->is_asked = true;
	}
	return true;
}

SB_QUIET uint32_t sb_swap_unload_quiet(const struct sb_patches *patches)
{
	uint32_t n = 0;

	for (const struct sb_patch *p = patches->newest; p; p = p->older) {
		n += p->hooks[SB_UNLOAD].n;
		sb_hooks_run_quiet(p, SB_UNLOAD);
	}
	return n;
}

SB_QUIET void sb_swap_load_quiet(const struct sb_patches *patches)
{
	for (const struct sb_patch *p = patches->oldest; p; p = p->newer)
		sb_hooks_run_quiet(p, SB_LOAD);
}

SB_QUIET static bool put_in_from_quiet(const struct sb_writer *writer, const struct sb_patch *p)
{
	bool ok = true;
	uint32_t at;

	for (; p; p = p->newer)
		ok = !sb_exchange_quiet(writer, p, SB_PUT_IN, &at) && ok;
	return ok;
}

SB_QUIET int sb_swap_out_quiet(const struct sb_writer *writer, const struct sb_patches *patches)
{
	for (const struct sb_patch *p = patches->newest; p; p = p->older) {
		uint32_t at;
		int rc = sb_exchange_quiet(writer, p, SB_TAKE_OUT, &at);

		if (rc)
			return put_in_from_quiet(writer, p->newer) ? rc : -ENOTRECOVERABLE;
	}
	return 0;
}

SB_QUIET bool sb_swap_back_quiet(const struct sb_writer *writer, const struct sb_patches *patches)
{
	return put_in_from_quiet(writer, patches->oldest);
}
