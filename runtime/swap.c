/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Each patch goes out as it does alone; between two of them everything is as if only those below
 * had ever been applied. */
#include "runtime/swap.h"

#include "runtime/sys.h"

static bool has_hooks(const struct sb_patch *patch)
{
	uint32_t n = 0;

	for (unsigned kind = 0; kind < SB_N_HOOKS; kind++)
		n += patch->hooks[kind].n;
	return n;
}

bool sb_swap_check(const struct sb_patches *patches, const struct sb_patch *patch,
		   struct sb_error *err)
{
	for (const struct sb_patch *p = patches->newest; patch->replaces && p; p = p->older)
		if (has_hooks(p))
			return sb_fail(err, SB_REFUSED,
				       "patch '%s' has hooks, which a replacement would not run; "
				       "remove it first",
				       p->name);
	return true;
}

SB_QUIET static void put_in_from_quiet(const struct sb_writer *writer, const struct sb_patch *p)
{
	uint32_t at;

	for (; p; p = p->newer)
		(void)sb_exchange_quiet(writer, p, SB_PUT_IN, &at);
}

SB_QUIET int sb_take_all_out_quiet(const struct sb_writer *writer, const struct sb_patches *patches,
				   uint32_t *ret_at)
{
	for (const struct sb_patch *p = patches->newest; p; p = p->older) {
		int rc = sb_exchange_quiet(writer, p, SB_TAKE_OUT, ret_at);

		if (!rc)
			continue;
		put_in_from_quiet(writer, p->newer);
		return rc;
	}
	return 0;
}

SB_QUIET void sb_put_all_in_quiet(const struct sb_writer *writer, const struct sb_patches *patches)
{
	put_in_from_quiet(writer, patches->oldest);
}
