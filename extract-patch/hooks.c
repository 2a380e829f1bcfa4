// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The author's hooks: arrays of pointers in sections .livepatch.hooks.KIND of the inputs, which the
 * payload has under the same names.
 */
#include <string.h>

#include "extract-patch/patch.h"
#include "extract-patch/rules.h"

#define N_STOPPED 2 /* the first kinds */

const char *const ep_hook_kinds[EP_N_HOOK_KINDS] = {
	"load", "unload", "preapply", "postapply", "prerevert", "postrevert",
};

bool ep_hook_is_stopped(const struct ep_hook *hook)
{
	return hook->kind < N_STOPPED;
}

/* The kind of a section of hooks, EP_N_HOOK_KINDS for an unknown one; false for other sections. */
static bool kind_of(const struct lp_section *sec, u32 *ret)
{
	size_t len = strlen(LP_SEC_HOOKS);

	if (strncmp(sec->name, LP_SEC_HOOKS, len) != 0 || !(sec->flags & SHF_ALLOC))
		return false;
	for (*ret = 0; *ret < EP_N_HOOK_KINDS; ++*ret)
		if (!strcmp(sec->name + len, ep_hook_kinds[*ret]))
			break;
	return true;
}

static struct lp_err *check_section(const struct ep_input *input, const struct lp_section *sec,
				    u32 kind)
{
	if (input->is_raw)
		return lp_err_advice(lp_err(LP_USAGE, "'%s' has hooks and is not a diff object",
					    input->elf->path),
				     "run create-diff-object first");
	if (kind == EP_N_HOOK_KINDS || sec->size % 8 || sec->n_rels != sec->size / 8)
		return lp_err(LP_FAILED, "%s: section '%s' is not an array of hooks",
			      input->elf->path, sec->name);
	return NULL;
}

static struct lp_err *add_hook(struct ep_patch *patch, u32 input, u32 kind,
			       const struct lp_reloc *rel, u64 off)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf;
	const struct lp_symbol *sym = &elf->symbols[rel->sym];
	struct ep_hook hook = { .kind = kind };
	u64 start;

	if (rel->type != R_X86_64_64 || rel->off != off)
		return lp_err(LP_FAILED, "%s: %s+0x%llx is not a pointer to a hook", elf->path,
			      elf->sections[rel->section].name, (unsigned long long)off);
	if (sym->shndx == SHN_UNDEF) {
		LP_TRY(ep_resolve_name(patch, input, rel->sym, &hook.to));
		hook.to.off = rel->addend;
		hook.name = hook.to.name;
	} else {
		s64 at = ep_sum(sym->value, rel->addend);

		hook.to.to = EP_TO_PIECE;
		LP_TRY(ep_piece_at(patch, input, sym->shndx, at, &hook.to.piece, &start));
		hook.to.off = (s64)((u64)at - start);
		hook.name = patch->pieces.items[hook.to.piece].name;
	}
	if (!hook.name || hook.to.off ||
	    (hook.to.to == EP_TO_PIECE ? patch->pieces.items[hook.to.piece].area != EP_TEXT
				       : hook.to.to != EP_TO_EXE || hook.to.type != STT_FUNC))
		return lp_err(LP_FAILED,
			      "%s: the %s hook is not a function of the patch or of '%s'",
			      elf->path, ep_hook_kinds[kind], patch->target->elf->path);
	if (hook.to.to == EP_TO_EXE)
		ep_note_ref(patch, &hook.to, "function");
	lp_vec_push(patch->arena, &patch->hooks, hook);
	return NULL;
}

static struct lp_err *add_section(struct ep_patch *patch, u32 input, const struct lp_section *sec,
				  u32 kind)
{
	for (u32 i = 0; i < sec->n_rels; i++)
		LP_TRY(add_hook(patch, input, kind,
				&patch->inputs.items[input].elf->rels[sec->rel_first + i],
				(u64)i * 8));
	if (kind >= N_STOPPED && kind < EP_N_HOOK_KINDS && patch->hooks.n > 1 &&
	    patch->hooks.items[patch->hooks.n - 2].kind == kind)
		return ep_refuse("hook-twice", "there are two %s hooks: '%s' and '%s'",
				 ep_hook_kinds[kind], patch->hooks.items[patch->hooks.n - 2].name,
				 patch->hooks.items[patch->hooks.n - 1].name);
	return NULL;
}

struct lp_err *ep_add_hooks(struct ep_patch *patch)
{
	/* Unknown kinds, too: one past the last. */
	for (u32 kind = 0; kind <= EP_N_HOOK_KINDS; kind++)
		for (u32 input = 0; input < patch->inputs.n; input++) {
			const struct lp_elf *elf = patch->inputs.items[input].elf;

			for (u32 i = 1; i < elf->n_sections; i++) {
				u32 have;

				if (!kind_of(&elf->sections[i], &have) || have != kind)
					continue;
				LP_TRY(check_section(&patch->inputs.items[input], &elf->sections[i],
						     kind));
				LP_TRY(add_section(patch, input, &elf->sections[i], kind));
			}
		}
	if (!patch->funcs.n && !patch->tables.n && !patch->hooks.n)
		return lp_err(LP_FAILED, "'%s' lists hooks and has none",
			      patch->inputs.items[0].elf->path);
	return NULL;
}
