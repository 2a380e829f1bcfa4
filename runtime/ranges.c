/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/ranges.h"

#include <string.h>

static void append_range(struct sb_buf *out, uint64_t start, uint64_t size, const char *name)
{
	struct wire_range range = { .start = start, .size = size };

	strncpy(range.name, name, sizeof(range.name) - 1);
	sb_buf_append(out, &range, sizeof(range));
}

/* What runs instead of the function at OLD_ADDR now: code of patches that are applied. */
static void append_replacements(struct sb_buf *out, const struct sb_patches *patches,
				uint64_t old_addr)
{
	for (const struct sb_patch *p = patches->oldest; p; p = p->newer)
		for (uint32_t i = 0; i < p->n_funcs; i++)
			if (p->funcs[i].old_addr == old_addr)
				append_range(out, p->funcs[i].new_addr, p->funcs[i].new_size,
					     p->funcs[i].name);
}

/* The replaced functions, entry bytes and cold parts included. */
static void append_old_code(struct sb_buf *out, const struct sb_patches *patches,
			    const struct sb_patch *patch)
{
	for (uint32_t i = 0; i < patch->n_funcs; i++) {
		append_range(out, patch->funcs[i].old_addr, patch->funcs[i].old_size,
			     patch->funcs[i].name);
		append_replacements(out, patches, patch->funcs[i].old_addr);
	}
	for (uint32_t i = 0; i < patch->n_ranges; i++)
		append_range(out, patch->ranges[i].addr, patch->ranges[i].size,
			     patch->ranges[i].name);
}

/* The payload's text, and the jumps but for their first byte: a thread that is about to run a jump
 * will run what is put back there. The replacing functions come first, though they lie in that
 * text, so that who waits is told a function and not `.text`. */
static void append_new_code(struct sb_buf *out, const struct sb_patch *patch)
{
	for (uint32_t i = 0; i < patch->n_funcs; i++)
		append_range(out, patch->funcs[i].new_addr, patch->funcs[i].new_size,
			     patch->funcs[i].name);
	for (uint32_t i = 0; i < patch->n_code; i++)
		append_range(out, patch->code[i].addr, patch->code[i].size, patch->code[i].name);
	for (uint32_t i = 0; i < patch->n_funcs; i++)
		append_range(out, patch->funcs[i].site + 1, LIVEPATCH_JUMP_LEN - 1,
			     patch->funcs[i].name);
}

/* A patch that takes the place of all others waits for their code, too. */
void sb_ranges_append(const struct sb_core *core, struct sb_buf *out)
{
	const struct sb_patch *patch = core->txn.patch;

	if (core->txn.state == SB_TXN_REVERTING)
		append_new_code(out, patch);
	if (core->txn.state != SB_TXN_APPLYING)
		return;
	append_old_code(out, &core->patches, patch);
	for (const struct sb_patch *p = core->patches.oldest; patch->replaces && p; p = p->newer)
		append_new_code(out, p);
}
