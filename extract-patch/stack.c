// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks of patches for the runtime: what the payloads below have replaced and what they have
 * brought along is a part of the running program. A place in one of them is its build-id, area
 * and offset, because only the runtime knows where it has put it.
 */
#include <ctype.h>
#include <string.h>

#include "extract-patch/rules.h"
#include "extract-patch/stack.h"
#include "runtime/payload.h"

/* As the runtime has it: lists and notes are not placed. */
static bool is_placed(const struct lp_section *sec)
{
	return sec->flags & SHF_ALLOC && sec->type != SHT_NOTE &&
	       strncmp(sec->name, ".livepatch.", 11) != 0 &&
	       strcmp(sec->name, LIVEPATCH_SEC_MODINFO) != 0;
}

static u32 area_of(const struct lp_section *sec)
{
	return sec->flags & SHF_EXECINSTR ? 0 : sec->flags & SHF_WRITE ? 2 : 1;
}

static u64 offset_of(const struct lp_elf *elf, u32 section)
{
	u64 off = 0;

	for (u32 i = 1; i <= section; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (!is_placed(sec) || area_of(sec) != area_of(&elf->sections[section]))
			continue;
		off = lp_align(off, sec->align ? sec->align : 1);
		if (i < section)
			off += sec->size;
	}
	return off;
}

struct ep_place ep_place_below(const struct ep_patch *patch, u32 below, u32 idx)
{
	const struct lp_elf *elf = patch->below.items[below].payload;
	const struct lp_symbol *sym = &elf->symbols[idx];

	return (struct ep_place){ .to = EP_TO_BELOW,
				  .below = below,
				  .area = area_of(&elf->sections[sym->shndx]),
				  .addr = offset_of(elf, sym->shndx) + sym->value,
				  .name = sym->name,
				  .type = sym->type,
				  .size = sym->size,
				  .sym = idx,
				  .match = "below" };
}

bool ep_place_of_payload(const struct lp_elf *elf, u32 area, u64 off, u32 *ret_section,
			 u64 *ret_off)
{
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];
		u64 from;

		if (!is_placed(sec) || area_of(sec) != area)
			continue;
		from = offset_of(elf, i);
		if (off < from || off - from >= sec->size)
			continue;
		*ret_section = i;
		*ret_off = off - from;
		return true;
	}
	return false;
}

/* The symbol that the pointer at OFF of .livepatch.funcs leads to, or 0. */
static u32 pointer_of(const struct lp_elf *elf, u32 list, u64 off)
{
	const struct lp_section *sec = &elf->sections[list];

	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++)
		if (elf->rels[i].off == off && elf->rels[i].type == R_X86_64_64 &&
		    !elf->rels[i].addend)
			return elf->rels[i].sym;
	return 0;
}

typedef bool entry_fn(const struct lp_elf *elf, u32 new, u32 old, const void *arg);

/* The first replaced function of a payload that FN likes: the symbol of its new code, or 0. */
static u32 find_entry(const struct lp_elf *elf, entry_fn *fn, const void *arg)
{
	u32 list = lp_elf_section(elf, LIVEPATCH_SEC_FUNCS);
	const u64 size = sizeof(struct livepatch_func);

	for (u64 off = 0; list && off + size <= elf->sections[list].size; off += size) {
		u32 new = pointer_of(elf, list, off + offsetof(struct livepatch_func, new_addr));
		u32 old = pointer_of(elf, list, off + offsetof(struct livepatch_func, old_addr));

		if (new && elf->symbols[new].shndx < elf->n_sections && fn(elf, new, old, arg))
			return new;
	}
	return 0;
}

static bool replaces_address(const struct lp_elf *elf, u32 new, u32 old, const void *arg)
{
	const u64 *addr = arg;

	(void)new;
	return elf->symbols[old].shndx == LP_SHN_ABS && elf->symbols[old].value == *addr;
}

static bool is_entry(const struct lp_elf *elf, u32 new, u32 old, const void *arg)
{
	const u32 *sym = arg;

	(void)elf;
	(void)old;
	return new == *sym;
}

bool ep_is_replaced_below(const struct ep_patch *patch, u32 exe_sym, struct ep_place *ret)
{
	u64 addr = patch->target->syms->symbols[exe_sym].value;

	for (u32 i = (u32)patch->below.n; i--;) {
		const struct lp_elf *elf = patch->below.items[i].payload;
		u32 sym = elf ? find_entry(elf, replaces_address, &addr) : 0;

		if (!sym)
			continue;
		*ret = ep_place_below(patch, i, sym);
		return true;
	}
	return false;
}

struct lp_err *ep_find_new_below(const struct ep_patch *patch, const char *name,
				 struct ep_place *ret)
{
	*ret = (struct ep_place){ 0 };
	for (u32 i = 0; i < patch->below.n; i++) {
		const struct lp_elf *elf = patch->below.items[i].payload;

		for (u32 k = 1; elf && k < elf->n_symbols; k++) {
			const struct lp_symbol *sym = &elf->symbols[k];

			if (sym->shndx == SHN_UNDEF || sym->shndx >= elf->n_sections ||
			    strcmp(sym->name, name) != 0 ||
			    !is_placed(&elf->sections[sym->shndx]) || find_entry(elf, is_entry, &k))
				continue;
			if (ret->match)
				return ep_refuse("ambiguous-symbol",
						 "'%s' is ambiguous in the patches below: '%s' and "
						 "'%s' have it",
						 name, patch->below.items[ret->below].payload->path,
						 elf->path);
			*ret = ep_place_below(patch, i, k);
		}
	}
	return NULL;
}

const u8 *ep_below_code(const struct ep_patch *patch, const struct ep_place *place, u64 size)
{
	const struct lp_elf *elf = patch->below.items[place->below].payload;
	const struct lp_symbol *sym = &elf->symbols[place->sym];
	const struct lp_section *sec = &elf->sections[sym->shndx];

	return sec->data && lp_in_range(sym->value, size, sec->size) ? sec->data + sym->value
								     : NULL;
}

/* ---- static variables ---- */

/* Length of NAME without the number that the compiler has added, 0 if it has none. */
static size_t stem_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || !dot[1])
		return 0;
	for (const char *p = dot + 1; *p; p++)
		if (!isdigit((unsigned char)*p))
			return 0;
	return (size_t)(dot - name);
}

static bool has_stem(const char *name, const char *stem, size_t len)
{
	return stem_length(name) == len && !strncmp(name, stem, len);
}

/*
 * The original of a patch in a stack is the source with the fixes below, whose static variables the
 * compiler may have numbered in another way than those of the executable.
 */
struct lp_err *ep_check_static(const struct ep_patch *patch, const struct lp_info *info,
			       struct ep_block block, const char *name)
{
	const struct lp_elf *syms = patch->target->syms;
	size_t len = stem_length(name), here = 0, there = 0, same = 0;

	if (!len || !patch->below.n)
		return NULL;
	for (size_t i = 0; i < info->symbols.n; i++)
		here += info->symbols.items[i].is_local &&
			has_stem(info->symbols.items[i].name, name, len);
	for (u32 i = block.file + 1; i < block.end; i++) {
		if (!has_stem(syms->symbols[i].name, name, len))
			continue;
		there++;
		for (size_t k = 0; k < info->symbols.n; k++)
			same += info->symbols.items[k].is_local &&
				!strcmp(info->symbols.items[k].name, syms->symbols[i].name) &&
				info->symbols.items[k].size == syms->symbols[i].size;
	}
	if (here == there && same == here)
		return NULL;
	return ep_refuse(
		"static-ambiguous",
		"cannot tell which variable of the executable '%s' is: the fixes below have "
		"%zu of that name, '%s' has %zu",
		name, here, syms->path, there);
}
