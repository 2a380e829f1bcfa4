// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the functions that are replaced in the executable, and says which ones cannot be: too
 * small for a jump, resolved or relocated at load time, part of the runtime itself.
 */
#include <string.h>

#include "extract-patch/patch.h"
#include "extract-patch/rules.h"
#include "runtime/payload.h"

static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

static bool is_local(const struct ep_patch *patch, const struct ep_func *func)
{
	const struct lp_info *info = &patch->units.items[func->unit].info;

	if (patch->inputs.items[func->input].is_raw)
		return patch->inputs.items[func->input].elf->symbols[func->new_sym].bind ==
		       STB_LOCAL;
	for (size_t i = 0; i < info->symbols.n; i++)
		if (!strcmp(info->symbols.items[i].name, func->name))
			return info->symbols.items[i].is_local;
	return true;
}

static struct lp_err *find(struct ep_patch *patch, struct ep_func *func)
{
	const char *path = patch->target->syms->path;
	const struct lp_symbol *sym;
	u32 block;

	if (is_local(patch, func)) {
		LP_TRY(ep_unit_block(patch, func->unit, &block));
		LP_TRY(ep_find_local(patch->target, block, func->name, &func->match));
	} else {
		LP_TRY(ep_find_global(patch->target, func->name, &func->match));
	}
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
	if (func->old_sym && func->old_size != sym->size)
		return ep_refuse(
			"size-mismatch",
			"function '%s' has %llu bytes in '%s', %llu in the original object",
			func->name, (unsigned long long)sym->size, path,
			(unsigned long long)func->old_size);
	func->addr = sym->value;
	func->old_size = sym->size;
	return NULL;
}

static struct lp_err *check_site(const struct ep_patch *patch, struct ep_func *func)
{
	const struct ep_target *target = patch->target;
	const u8 *code = ep_target_bytes(target, func->addr, func->old_size);
	const struct ep_dynrel *rel;
	u64 need;

	if (!code || !func->old_size || func->old_size > UINT32_MAX)
		return ep_refuse("function-not-found", "'%s' has no code in '%s'", func->name,
				 target->elf->path);
	func->endbr64 =
		func->old_size >= sizeof(endbr64) && !memcmp(code, endbr64, sizeof(endbr64));
	func->room = ep_room_at(target, func->addr, func->old_size);
	need = LIVEPATCH_JUMP_LEN + (func->endbr64 ? sizeof(endbr64) : 0);
	if (func->room < need)
		return ep_refuse("function-too-small",
				 "'%s' has %llu bytes up to the next symbol, a jump needs %llu",
				 func->name, (unsigned long long)func->room,
				 (unsigned long long)need);
	rel = ep_dynrel_in(target, func->addr, func->old_size);
	if (rel)
		return ep_refuse("function-relocated", "the dynamic linker changes '%s' at +0x%llx",
				 func->name, (unsigned long long)(rel->addr - func->addr));
	return NULL;
}

/* The listener that applies the patch must not be under it; __wrap_* is its glue in QEMU. */
static struct lp_err *check_not_runtime(const struct ep_patch *patch, const struct ep_func *func)
{
	const struct ep_target *target = patch->target;

	if (!strncmp(func->name, "sandbox_", 8) || !strncmp(func->name, "__wrap_", 7) ||
	    (func->addr < target->text_area_end && func->addr + func->old_size > target->text_area))
		return ep_refuse("function-of-runtime", "'%s' belongs to the runtime", func->name);
	return NULL;
}

struct lp_err *ep_locate(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->funcs.n; i++) {
		struct ep_func *func = &patch->funcs.items[i];

		LP_TRY(find(patch, func));
		LP_TRY(check_not_runtime(patch, func));
		LP_TRY(check_site(patch, func));
		for (size_t k = 0; k < i; k++)
			if (patch->funcs.items[k].addr == func->addr)
				return ep_refuse("function-twice",
						 "'%s' of '%s' is replaced by '%s' of '%s' as well",
						 func->name, func->object,
						 patch->funcs.items[k].name,
						 patch->funcs.items[k].object);
	}
	return NULL;
}
