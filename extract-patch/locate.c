// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the functions that are replaced in the executable, and says which ones cannot be: resolved
 * at load time, part of the runtime itself.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"
#include "extract-patch/stack.h"

static bool is_local_in(const struct lp_info *info, const char *name)
{
	for (size_t i = 0; i < info->symbols.n; i++)
		if (!strcmp(info->symbols.items[i].name, name))
			return info->symbols.items[i].is_local;
	return true;
}

static bool is_local(const struct ep_patch *patch, const struct ep_func *func)
{
	if (patch->inputs.items[func->input].is_raw)
		return patch->inputs.items[func->input].elf->symbols[func->new_sym].bind ==
		       STB_LOCAL;
	return is_local_in(&patch->units.items[func->unit].info, func->name);
}

static struct lp_err *find_symbol(struct ep_patch *patch, u32 unit, const char *name, bool local,
				  struct ep_match *ret)
{
	struct ep_block block;

	if (!local)
		return ep_find_global(patch->target, name, ret);
	LP_TRY(ep_unit_block(patch, unit, &block));
	return ep_find_local(patch->target, block, name, ret);
}

struct lp_err *ep_find_defined(struct ep_patch *patch, u32 unit, const char *name,
			       struct ep_match *ret)
{
	return find_symbol(patch, unit, name, is_local_in(&patch->units.items[unit].info, name),
			   ret);
}

static struct lp_err *size_differs(const struct ep_patch *patch, const char *name, u64 have,
				   u64 want)
{
	return ep_refuse("size-mismatch",
			 "function '%s' has %llu bytes in '%s', %llu in the original object", name,
			 (unsigned long long)have, patch->target->syms->path,
			 (unsigned long long)want);
}

/* A function that a patch below has brought along. */
static struct lp_err *find_new_below(struct ep_patch *patch, struct ep_func *func)
{
	LP_TRY(patch->target->flavour->find_below(patch, func->name, &func->below));
	func->is_below = func->below.match != NULL;
	if (!func->is_below || func->below.type != STT_FUNC)
		return NULL;
	func->is_new_below = true;
	func->old_size = func->below.size;
	return NULL;
}

static struct lp_err *find(struct ep_patch *patch, struct ep_func *func)
{
	const char *path = patch->target->syms->path;
	const struct lp_symbol *sym;

	LP_TRY(find_symbol(patch, func->unit, func->name, is_local(patch, func), &func->match));
	if (!func->match.sym)
		LP_TRY(find_new_below(patch, func));
	if (func->is_new_below)
		return NULL;
	if (!func->match.sym)
		return ep_refuse("function-not-found", "function '%s' of '%s' is not in '%s'",
				 func->name, func->object, path);
	sym = &patch->target->syms->symbols[func->match.sym];
	if (sym->type == STT_GNU_IFUNC)
		return ep_refuse("ifunc", "'%s' is chosen when the program starts (IFUNC)",
				 func->name);
	if (sym->type != STT_FUNC)
		return ep_refuse("function-not-found", "'%s' is not a function in '%s'", func->name,
				 path);
	func->is_below =
		patch->target->flavour->is_replaced_below(patch, func->match.sym, &func->below);
	if (func->old_sym && !func->is_below && func->old_size != sym->size)
		return size_differs(patch, func->name, sym->size, func->old_size);
	func->addr = sym->value;
	func->old_size = sym->size;
	return NULL;
}

/*
 * Cold parts are local, also those of global functions, and `work.cold` may belong to another
 * file's static work(). It does when its block has such a one.
 */
static bool is_cold_of(const struct ep_patch *patch, const struct ep_func *func, u32 idx)
{
	const struct ep_target *target = patch->target;
	const struct lp_symbol *symbols = target->syms->symbols;
	u32 file = symbols[idx].file;

	if (is_local(patch, func))
		return file == symbols[func->match.sym].file;
	for (u32 i = lp_map_get_str(&target->names, func->name); file && i; i = target->next[i])
		if (symbols[i].bind == STB_LOCAL && symbols[i].file == file)
			return false;
	return true;
}

/* A raw object says nothing of the original: the executable does. */
static struct lp_err *find_cold_of_raw(struct ep_patch *patch, struct ep_func *func, u32 *ret)
{
	const char *name = lp_printf(patch->arena, "%s.cold", func->name);

	*ret = 0;
	for (u32 i = lp_map_get_str(&patch->target->names, name); i && i != LP_MAP_NONE;
	     i = patch->target->next[i]) {
		if (!is_cold_of(patch, func, i))
			continue;
		if (*ret)
			return ep_refuse("ambiguous-symbol",
					 "cannot tell which '%s' of '%s' belongs to '%s'", name,
					 patch->target->syms->path, func->object);
		func->cold.name = name;
		*ret = i;
	}
	return NULL;
}

/* What the executable has of it nobody runs any more. */
static struct lp_err *find_cold_below(struct ep_patch *patch, struct ep_func *func)
{
	struct ep_cold *cold = &func->cold;

	if (!cold->name)
		return NULL;
	LP_TRY(patch->target->flavour->find_below(patch, cold->name, &cold->below));
	cold->is_below = cold->below.match != NULL;
	if (!cold->is_below || cold->below.below != func->below.below)
		return ep_refuse("function-not-found", "'%s' is not in '%s'", cold->name,
				 patch->below.items[func->below.below].payload->path);
	cold->size = cold->below.size;
	return NULL;
}

static struct lp_err *find_cold(struct ep_patch *patch, struct ep_func *func)
{
	struct ep_cold *cold = &func->cold;
	struct ep_match match = { 0 };
	const struct lp_symbol *sym;
	struct ep_block block;

	if (func->is_below)
		return find_cold_below(patch, func);
	if (!func->old_sym) {
		LP_TRY(find_cold_of_raw(patch, func, &match.sym));
	} else if (cold->name) {
		LP_TRY(ep_unit_block(patch, func->unit, &block));
		LP_TRY(ep_find_local(patch->target, block, cold->name, &match));
	}
	if (!cold->name)
		return NULL;
	sym = &patch->target->syms->symbols[match.sym];
	if (!match.sym || sym->type != STT_FUNC || !sym->size ||
	    !ep_target_bytes(patch->target, sym->value, sym->size))
		return ep_refuse("function-not-found", "'%s' of '%s' has no code in '%s'",
				 cold->name, func->object, patch->target->syms->path);
	if (func->old_sym && cold->size != sym->size)
		return size_differs(patch, cold->name, sym->size, cold->size);
	cold->addr = sym->value;
	cold->size = sym->size;
	return NULL;
}

struct lp_err *ep_locate(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->funcs.n; i++) {
		struct ep_func *func = &patch->funcs.items[i];

		LP_TRY(find(patch, func));
		LP_TRY(patch->target->flavour->check_func(patch, func));
		LP_TRY(ep_check_site(patch, func));
		LP_TRY(find_cold(patch, func));
		LP_TRY(ep_check_cold(patch, func));
		for (size_t k = 0; k < i; k++)
			if (patch->funcs.items[k].addr == func->addr && !func->is_new_below)
				return ep_refuse("function-twice",
						 "'%s' of '%s' is replaced by '%s' of '%s' as well",
						 func->name, func->object,
						 patch->funcs.items[k].name,
						 patch->funcs.items[k].object);
	}
	return NULL;
}
