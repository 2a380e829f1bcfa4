// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hypervisor Xen, 4.17, which loads payloads of version 2 itself. It looks every name up when
 * a payload is uploaded: globals as NAME, locals as PATH/FILE.c#NAME, first in its own symbols,
 * then in the payloads that are there. What it would answer with silence, or not survive, is
 * refused here.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"
#include "extract-patch/stack.h"
#include "extract-patch/xen.h"
#include "runtime/payload.h"

#define XEN_MAX_SIZE	 (2u << 20)
#define XEN_SEC_DEPENDS	 ".livepatch.xen_depends"
#define XEN_NAME_OF_MARK "@" /* NAME@PATCH: what is new in a patch */

/* ---- the target ---- */

/* Xen has no runtime in it. */
static bool has_rule(const char *rule)
{
	return strcmp(rule, "target-without-runtime") && strcmp(rule, "function-of-runtime");
}

static struct lp_err *check_target(struct ep_target *target)
{
	static const char *const names[] = { "_stext", "__init_begin", "__init_end",
					     "__alt_instructions", "__alt_instructions_end" };

	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++)
		if (lp_map_get_str(&target->names, names[i]) == LP_MAP_NONE)
			return ep_refuse("xen-target",
					 "'%s' is not a xen-syms: it has no symbol '%s'",
					 target->elf->path, names[i]);
	return NULL;
}

/* Code and data of the boot, which Xen has freed: it reads them nevertheless, and panics. */
static bool is_init(const struct ep_target *target, u64 addr)
{
	return addr >= ep_xen_address(target, "__init_begin") &&
	       addr < ep_xen_address(target, "__init_end");
}

/* ---- names ---- */

static const char *symbol_name(const struct ep_patch *patch, u32 sym)
{
	const struct lp_symbol *symbols = patch->target->syms->symbols;

	if (ep_symbol_is_global(patch->target, sym))
		return symbols[sym].name;
	return lp_printf(patch->arena, "%s#%s", symbols[symbols[sym].file].name, symbols[sym].name);
}

/* Two files of one path would be one to Xen. */
static struct lp_err *check_name(const struct ep_patch *patch, u32 sym)
{
	const struct ep_target *target = patch->target;
	const struct lp_symbol *symbols = target->syms->symbols;
	const char *name = symbol_name(patch, sym);

	for (u32 i = lp_map_get_str(&target->names, symbols[sym].name); i && i != LP_MAP_NONE;
	     i = target->next[i])
		if (symbols[i].value != symbols[sym].value && !strcmp(symbol_name(patch, i), name))
			return ep_refuse("ambiguous-symbol", "'%s' has '%s' twice",
					 target->syms->path, name);
	return NULL;
}

static const struct ep_func *func_of_piece(const struct ep_patch *patch, u32 idx)
{
	for (size_t i = 0; i < patch->funcs.n; i++)
		if (patch->funcs.items[i].piece == idx)
			return &patch->funcs.items[i];
	return NULL;
}

/*
 * Xen takes no symbol twice, statics included, but for the new code of a replaced function. So
 * what is new bears the name of its patch, which leaves the next version of a patch, with the
 * same new functions, a way in beside the one that it replaces.
 */
static const char *piece_name(const struct ep_patch *patch, u32 idx)
{
	const struct ep_func *func = func_of_piece(patch, idx);
	const char *name = patch->pieces.items[idx].name;
	u32 n = 0;

	if (func)
		return func->is_new_below ? func->below.name : symbol_name(patch, func->match.sym);
	for (u32 i = 0; i < idx; i++)
		n += patch->pieces.items[i].name && !strcmp(patch->pieces.items[i].name, name);
	if (n)
		name = lp_printf(patch->arena, "%s.%u", name, n);
	return lp_printf(patch->arena, "%s" XEN_NAME_OF_MARK "%s", name, patch->name);
}

/* ---- patches below ---- */

static u32 symbol_of_payload(const struct lp_elf *elf, const char *name)
{
	for (u32 i = 1; elf && i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];

		if (sym->shndx && sym->shndx < elf->n_sections && !strcmp(sym->name, name))
			return i;
	}
	return 0;
}

/* Its first bytes are the jump of the patch below. */
static bool is_replaced_below(const struct ep_patch *patch, u32 sym, struct ep_place *ret)
{
	const char *name = symbol_name(patch, sym);

	for (u32 i = (u32)patch->below.n; i--;) {
		u32 new = symbol_of_payload(patch->below.items[i].payload, name);

		if (!new)
			continue;
		*ret = ep_place_below(patch, i, new);
		return true;
	}
	return false;
}

/*
 * What the payload of the patch OF calls NAME, and whether it may be another one: of two statics
 * `count` the second is `count.1`, as the compiler calls one of a function.
 */
static u32 find_new(const struct ep_patch *patch, const struct lp_elf *elf, const char *of,
		    const char *name, bool *ret_unsure)
{
	const char *dot = strrchr(name, '.');
	const char *stem = dot ? lp_strndup(patch->arena, name, (size_t)(dot - name)) : name;

	*ret_unsure =
		symbol_of_payload(
			elf, lp_printf(patch->arena, "%s.1" XEN_NAME_OF_MARK "%s", name, of)) ||
		(dot && symbol_of_payload(elf, lp_printf(patch->arena, "%s" XEN_NAME_OF_MARK "%s",
							 stem, of)));
	return symbol_of_payload(elf,
				 lp_printf(patch->arena, "%s" XEN_NAME_OF_MARK "%s", name, of));
}

static struct lp_err *find_below(const struct ep_patch *patch, const char *name,
				 struct ep_place *ret)
{
	*ret = (struct ep_place){ 0 };
	for (u32 i = 0; i < patch->below.n; i++) {
		const struct lp_elf *elf = patch->below.items[i].payload;
		const char *of = elf ? ep_payload_patch_name(elf) : NULL;
		bool is_unsure;
		u32 sym = of ? find_new(patch, elf, of, name, &is_unsure) : 0;

		if (!sym)
			continue;
		if (is_unsure || ret->match)
			return ep_refuse("ambiguous-symbol",
					 "'%s' is ambiguous in the patches below: '%s' has another",
					 name, elf->path);
		*ret = ep_place_below(patch, i, sym);
	}
	return NULL;
}

static u64 unchanged(const struct ep_patch *patch, const struct ep_func *func, u64 len)
{
	return func->is_below ? 0 : ep_xen_unchanged(patch->target, func->addr, len);
}

/* ---- checks ---- */

static struct lp_err *check_func(const struct ep_patch *patch, const struct ep_func *func)
{
	if (func->is_new_below)
		return NULL;
	if (is_init(patch->target, func->addr))
		return ep_refuse("xen-init",
				 "'%s' is an __init function: its code is gone once Xen has booted",
				 func->name);
	return check_name(patch, func->match.sym);
}

static struct lp_err *check_kind(const char *where, u32 type, const struct ep_place *to)
{
	const char *name = to->name && *to->name ? to->name : "data";

	switch (type) {
	case R_X86_64_64:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return NULL;
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		return lp_err_advice(
			ep_refuse("xen-relocation", "%s: %s to '%s': Xen has no GOT", where,
				  lp_reloc_name(type), name),
			"compile with -fpie and give extern declarations hidden visibility, as "
			"Xen's build does");
	default:
		return ep_refuse("xen-relocation", "%s: %s to '%s': Xen does not know this kind",
				 where, lp_reloc_name(type), name);
	}
}

static struct lp_err *check_reference(const struct ep_patch *patch, const char *where, u32 type,
				      const struct ep_place *to)
{
	LP_TRY(check_kind(where, type, to));
	if (to->to != EP_TO_EXE)
		return NULL;
	if (!to->sym)
		return ep_refuse("reference-unnamed",
				 "%s: Xen finds symbols only, and 0x%llx has "
				 "none",
				 where, (unsigned long long)to->addr);
	if (is_init(patch->target, to->addr))
		return ep_refuse("xen-init", "%s: '%s' is __init: it is gone once Xen has booted",
				 where, to->name);
	return check_name(patch, to->sym);
}

/* A symbol that is new here, but that Xen or a patch below has under the same name. */
static struct lp_err *check_new_names(const struct ep_patch *patch)
{
	const char *end = lp_printf(patch->arena, XEN_NAME_OF_MARK "%s", patch->name);

	for (size_t i = 0; i < patch->below.n; i++) {
		const struct lp_elf *elf = patch->below.items[i].payload;

		if (elf && ep_payload_patch_name(elf) &&
		    !strcmp(ep_payload_patch_name(elf), patch->name))
			return ep_refuse("xen-duplicate-symbol",
					 "the patch below, '%s', is called '%s' as well: Xen would "
					 "take neither its name nor its symbols, '...%s', twice",
					 elf->path, patch->name, end);
	}
	return NULL;
}

static struct lp_err *check_patch(const struct ep_patch *patch)
{
	if (patch->tables.n)
		return ep_refuse("xen-table", "'%s' is to be overwritten in place: Xen does not",
				 patch->tables.items[0].name);
	LP_TRY(check_new_names(patch));
	return ep_xen_check_sections(patch);
}

const struct ep_flavour ep_flavour_xen = {
	.suffix = ".livepatch",
	.target_section = XEN_SEC_DEPENDS,
	.modinfo_flags = SHF_ALLOC, /* Xen reads it where it was placed */
	.max_size = XEN_MAX_SIZE,
	.looks_up_names = true,
	.has_ranges = false, /* nobody is in any function: all processors are idle */
	.shares_constants = false,
	.places_below = false,
	.has_frames = false,
	.uses_padding = false,
	.data_applies_once = true,
	.data_says = "new writable data: once reverted, Xen applies the patch again only after it "
		     "was unloaded and uploaded",
	.has_rule = has_rule,
	.check_target = check_target,
	.check_patch = check_patch,
	.check_func = check_func,
	.check_reference = check_reference,
	.is_replaced_below = is_replaced_below,
	.find_below = find_below,
	.symbol_name = symbol_name,
	.piece_name = piece_name,
	.unchanged = unchanged,
};
