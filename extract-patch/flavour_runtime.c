// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that link the runtime, QEMU above all. The runtime looks nothing up in their symbols. */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"
#include "extract-patch/stack.h"
#include "runtime/payload.h"

/* The runtime marks itself by the symbol of its reserved area in .text. */
static struct lp_err *check_target(struct ep_target *target)
{
	u32 idx = lp_map_get_str(&target->names, "sandbox_text_area");

	if (idx == LP_MAP_NONE)
		return ep_refuse("target-without-runtime",
				 "'%s' was not linked with libsandbox: it has no symbol "
				 "'sandbox_text_area'",
				 target->elf->path);
	target->text_area = target->syms->symbols[idx].value;
	target->text_area_end = target->text_area + target->syms->symbols[idx].size;
	return NULL;
}

static bool has_rule(const char *rule)
{
	return strncmp(rule, "xen-", 4) != 0;
}

static struct lp_err *check_patch(const struct ep_patch *patch)
{
	(void)patch;
	return NULL;
}

static u64 address_of(const struct ep_target *target, const char *name)
{
	u32 idx = lp_map_get_str(&target->names, name);

	return idx == LP_MAP_NONE ? 0 : target->syms->symbols[idx].value;
}

/* Is SYM, a local one, of a file of the runtime? runtime/member.h marks their symbols. */
static bool has_mark(const struct lp_elf *elf, const struct lp_symbol *sym)
{
	for (u32 i = sym->file + 1; sym->file && i < elf->n_symbols; i++) {
		if (elf->symbols[i].file != sym->file)
			break;
		if (!strcmp(elf->symbols[i].name, "sandbox_member"))
			return true;
	}
	return false;
}

/* `sb_load` is the runtime's; a program may have its own functions of such names, which are not
 * hidden. */
static bool is_of_runtime(const struct ep_target *target, const struct ep_func *func)
{
	static const char *const prefixes[] = { "sandbox_", "__wrap_", "livepatch_shadow_" };
	const struct lp_symbol *sym = &target->syms->symbols[func->match.sym];
	u64 end = func->addr + func->old_size;

	for (size_t i = 0; i < LP_ARRAY_SIZE(prefixes); i++)
		if (!strncmp(func->name, prefixes[i], strlen(prefixes[i])))
			return true;
	if (!strncmp(func->name, "sb_", 3) && sym->vis == STV_HIDDEN)
		return true;
	if (has_mark(target->syms, sym))
		return true;
	if (func->addr < target->text_area_end && end > target->text_area)
		return true;
	return func->addr < address_of(target, "__stop_sandbox_quiet") &&
	       end > address_of(target, "__start_sandbox_quiet");
}

/* The listener that applies the patch must not be under it; __wrap_* is its glue in QEMU. */
static struct lp_err *check_func(const struct ep_patch *patch, const struct ep_func *func)
{
	if (is_of_runtime(patch->target, func))
		return ep_refuse("function-of-runtime", "'%s' belongs to the runtime", func->name);
	return NULL;
}

static struct lp_err *check_reference(const struct ep_patch *patch, const char *where, u32 type,
				      const struct ep_place *to)
{
	(void)patch;
	(void)where;
	(void)type;
	(void)to;
	return NULL;
}

static const char *symbol_name(const struct ep_patch *patch, u32 sym)
{
	(void)patch;
	(void)sym;
	return NULL;
}

static const char *piece_name(const struct ep_patch *patch, u32 idx)
{
	return patch->pieces.items[idx].name;
}

static u64 unchanged(const struct ep_patch *patch, const struct ep_func *func, u64 len)
{
	(void)patch;
	(void)func;
	return len;
}

const struct ep_flavour ep_flavour_runtime = {
	.suffix = ".raxlpxs",
	.target_section = LIVEPATCH_SEC_TARGET,
	.modinfo_flags = 0,
	.max_size = LIVEPATCH_MAX_SIZE,
	.looks_up_names = false,
	.has_ranges = true,
	.shares_constants = true,
	.places_below = true,
	.has_frames = true,
	.uses_padding = true,
	.data_applies_once = false,
	.data_says = "new writable data: its value is lost when the patch is removed",
	.has_rule = has_rule,
	.check_target = check_target,
	.check_patch = check_patch,
	.check_func = check_func,
	.check_reference = check_reference,
	.is_replaced_below = ep_is_replaced_below,
	.find_below = ep_find_new_below,
	.symbol_name = symbol_name,
	.piece_name = piece_name,
	.unchanged = unchanged,
};
