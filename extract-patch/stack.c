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

static struct ep_place place_in(const struct ep_patch *patch, u32 below, u32 idx)
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

bool ep_is_replaced_below(const struct ep_patch *patch, u64 addr, struct ep_place *ret)
{
	for (u32 i = (u32)patch->below.n; i--;) {
		const struct lp_elf *elf = patch->below.items[i].payload;
		u32 sym = elf ? find_entry(elf, replaces_address, &addr) : 0;

		if (!sym)
			continue;
		*ret = place_in(patch, i, sym);
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
			*ret = place_in(patch, i, k);
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

/* ---- the proof ---- */

/* Marks what the two may differ in: fields that are relocated, and the instruction before a field
 * that extract-patch rewrites when it settles a reference (call, mov, add; relax.c). */
static void mask_fields(const struct lp_elf *elf, const struct lp_section *sec, u64 base, u64 size,
			u8 *mask)
{
	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++) {
		const struct lp_reloc *rel = &elf->rels[i];
		u64 first, width = lp_reloc_width(rel->type);

		if (rel->off < base || !lp_in_range(rel->off - base, width, size))
			continue;
		first = rel->off - base;
		if (rel->type == R_X86_64_NONE)
			width = 0;
		else if (rel->type != R_X86_64_PC32 && rel->type != R_X86_64_PLT32 &&
			 rel->type != R_X86_64_64) {
			width += first < 3 ? first : 3;
			first -= first < 3 ? first : 3;
		}
		memset(mask + first, 1, width);
	}
}

/* "f@plt", "f@slot", "f@GLIBC_2.2.5": f. */
static bool same_base(const char *payload_name, const char *name)
{
	size_t len = strcspn(payload_name, "@");

	return len == strcspn(name, "@") && !strncmp(payload_name, name, len);
}

/* What the field at OFF of the payload's code refers to, NULL for something without a name. Within
 * its text there is no relocation any more. */
static const char *name_at(const struct lp_elf *elf, const struct lp_symbol *code, u64 off)
{
	const struct lp_section *sec = &elf->sections[code->shndx];
	u64 at = code->value + off;
	u32 sym;
	s32 disp;

	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++)
		if (elf->rels[i].off == at)
			return elf->symbols[elf->rels[i].sym].type == STT_SECTION
				       ? NULL
				       : elf->symbols[elf->rels[i].sym].name;
	if (!lp_in_range(at, sizeof(disp), sec->size))
		return NULL;
	memcpy(&disp, sec->data + at, sizeof(disp));
	at += sizeof(disp) + (u64)(s64)disp;
	sym = at < sec->size ? lp_elf_symbol_at(elf, code->shndx, at) : 0;
	return sym && elf->symbols[sym].value == at ? elf->symbols[sym].name : NULL;
}

/* Where the payload's code names what it refers to, it must be what the original refers to. */
static const char *other_name(const struct ep_patch *patch, const struct ep_func *func,
			      const struct lp_reloc *rel, u64 off)
{
	const struct lp_elf *in = patch->inputs.items[func->input].elf;
	const struct lp_elf *elf = patch->below.items[func->below.below].payload;
	const struct lp_symbol *sym = &in->symbols[rel->sym];
	const char *have = name_at(elf, &elf->symbols[func->below.sym], off), *object, *name;

	if (sym->shndx != SHN_UNDEF || !*sym->name || !have || !*have || rel->addend < -4)
		return NULL;
	(void)lp_mark_parse(patch->arena, sym->name, &object, &name);
	(void)lp_mark_position(patch->arena, &name);
	return same_base(have, name)
		       ? NULL
		       : lp_printf(patch->arena, "it refers to '%s' instead of '%s'", have, name);
}

struct lp_err *ep_prove_below(const struct ep_patch *patch, const struct ep_func *func)
{
	const struct lp_elf *in = patch->inputs.items[func->input].elf;
	const struct lp_symbol *old = &in->symbols[func->old_sym];
	const struct lp_section *sec = &in->sections[old->shndx];
	const char *path = patch->below.items[func->below.below].payload->path, *why = NULL;
	const u8 *have = ep_below_code(patch, &func->below, func->below.size);
	u8 *mask;
	u64 off = 0;

	if (!have || old->size != func->below.size ||
	    !lp_in_range(old->value, old->size, sec->size) || !sec->data)
		return ep_refuse(
			"size-mismatch",
			"function '%s' has %llu bytes in '%s', %llu in the original object",
			func->name, (unsigned long long)func->below.size, path,
			(unsigned long long)old->size);
	mask = lp_alloc(patch->arena, old->size);
	mask_fields(in, sec, old->value, old->size, mask);
	while (off < old->size && (mask[off] || have[off] == sec->data[old->value + off]))
		off++;
	if (off < old->size)
		why = "the code is another";
	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels && !why; i++) {
		off = in->rels[i].off - old->value;
		if (in->rels[i].off >= old->value && lp_in_range(off, 4, old->size))
			why = other_name(patch, func, &in->rels[i], off);
	}
	return why ? ep_refuse("not-proved", "cannot prove '%s': '%s' differs at +0x%llx: %s",
			       func->name, path, (unsigned long long)off, why)
		   : NULL;
}
