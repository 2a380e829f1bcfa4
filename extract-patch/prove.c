// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof that the executable was made from the original: its bytes are those of the
 * object's section once every relocation is applied as the linker would have done it (image.h).
 */
#include "extract-patch/image.h"
#include "extract-patch/patch.h"
#include "extract-patch/rules.h"
#include "extract-patch/stack.h"

struct lp_err *ep_compare(struct ep_patch *patch, const struct ep_claim *claim, bool *ret_same,
			  u64 *ret_off, const char **ret_why)
{
	struct ep_image image = { .patch = patch,
				  .input = claim->input,
				  .elf = patch->inputs.items[claim->input].elf,
				  .section = claim->section,
				  .base = claim->off,
				  .size = claim->size,
				  .addr = claim->addr,
				  .code_section = claim->section,
				  .code_base = claim->off,
				  .code_addr = claim->addr };

	*ret_same = ep_image_matches(&image, ret_off);
	*ret_why = !*ret_same && image.why && image.why_off <= *ret_off ? image.why : NULL;
	return NULL;
}

static struct lp_err *not_proved(const struct ep_patch *patch, const struct ep_func *func,
				 const char *name, u64 addr, u64 off, const char *why)
{
	const char *compiler = patch->units.items[func->unit].info.compiler;
	struct lp_err *err = ep_refuse("not-proved",
				       "cannot prove '%s': the executable's code differs at "
				       "+0x%llx, not built from this source, compiler or flags",
				       name, (unsigned long long)off);

	if (why)
		err = lp_err_context(err, "while looking for its original at 0x%llx: %s",
				     (unsigned long long)addr, why);
	if (compiler)
		err = lp_err_context(err, "while '%s' was compiled by %s", func->object, compiler);
	return err;
}

static struct lp_err *prove_cold(struct ep_patch *patch, const struct ep_func *func)
{
	const struct ep_cold *cold = &func->cold;
	const struct lp_symbol *sym = &patch->inputs.items[func->input].elf->symbols[cold->old_sym];
	struct ep_claim claim = { func->input, sym->shndx, sym->value, cold->size, cold->addr };
	const char *why;
	bool same;
	u64 off;

	LP_TRY(ep_compare(patch, &claim, &same, &off, &why));
	return same ? NULL : not_proved(patch, func, cold->name, cold->addr, off, why);
}

static struct lp_err *prove_one(struct ep_patch *patch, struct ep_func *func)
{
	const struct lp_elf *elf = patch->inputs.items[func->input].elf;
	const struct lp_symbol *sym = &elf->symbols[func->old_sym ? func->old_sym : func->new_sym];
	struct ep_claim claim = { func->input, sym->shndx, sym->value, func->old_size, func->addr };
	const char *why = NULL;
	bool same = false;
	u64 off = 0;

	if (func->is_below) {
		if (!func->old_sym)
			return NULL;
		func->is_proved = true;
		return ep_prove_below(patch, func);
	}
	if (func->old_sym || sym->size == func->old_size)
		LP_TRY(ep_compare(patch, &claim, &same, &off, &why));
	if (func->old_sym) {
		func->is_proved = same;
		if (!same)
			return not_proved(patch, func, func->name, func->addr, off, why);
		return func->cold.name ? prove_cold(patch, func) : NULL;
	}
	if (same)
		return lp_err(LP_NOTHING, "'%s' of '%s' is what '%s' has already", func->name,
			      func->object, patch->target->elf->path);
	return NULL;
}

struct lp_err *ep_prove(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->funcs.n; i++)
		LP_TRY(prove_one(patch, &patch->funcs.items[i]));
	return NULL;
}
