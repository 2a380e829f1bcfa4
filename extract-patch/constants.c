// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Strings and constants that the executable already has: the new code uses those, which are there
 * for ever, also for whoever keeps a pointer to one when the patch is gone. They are looked for in
 * .rodata, which is never written; but not inside of named objects: such a one may be a table
 * that another patch overwrites in place.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/patch.h"

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

bool ep_is_function_name(const char *symbol)
{
	return starts_with(symbol, "__func__.") || starts_with(symbol, "__PRETTY_FUNCTION__.") ||
	       starts_with(symbol, "__FUNCTION__.");
}

bool ep_is_constant(const struct lp_elf *elf, u32 section, const struct ep_range *range)
{
	const struct lp_section *sec = &elf->sections[section];
	const char *name = elf->symbols[range->sym].name;

	if (!(sec->flags & SHF_ALLOC) || sec->flags & (SHF_WRITE | SHF_EXECINSTR | SHF_TLS) ||
	    !sec->data)
		return false;
	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++)
		if (elf->rels[i].off >= range->off && elf->rels[i].off < range->off + range->size)
			return false;
	if (sec->flags & SHF_MERGE)
		return true;
	if (!range->sym || elf->symbols[range->sym].bind != STB_LOCAL)
		return false;
	/* create-diff-object's copies */
	return ep_is_function_name(name) ||
	       (starts_with(sec->name, LP_SEC_STRINGS) && starts_with(name, LP_STRING_NAME)) ||
	       (starts_with(sec->name, LP_SEC_CONSTANTS) && starts_with(name, LP_CONSTANT_NAME));
}

/* ---- what the executable has ---- */

static const struct lp_section *rodata_of(const struct ep_target *target)
{
	return &target->elf->sections[lp_elf_section(target->elf, ".rodata")];
}

static bool is_usable(const struct ep_target *target, const struct lp_section *sec)
{
	if (!sec->data || sec->flags & (SHF_WRITE | SHF_EXECINSTR) || !(sec->flags & SHF_ALLOC))
		return false;
	for (u32 i = 0; i < target->elf->n_segments; i++) {
		const struct lp_segment *seg = &target->elf->segments[i];

		if (seg->type == PT_LOAD && seg->flags & PF_W &&
		    seg->vaddr < sec->addr + sec->size && sec->addr < seg->vaddr + seg->memsz)
			return false;
	}
	return sec->addr + sec->size < UINT32_MAX;
}

/* Of equal strings the one that is aligned best. */
static void index_strings(struct ep_patch *patch, const struct lp_section *sec)
{
	const u8 *end = sec->data + sec->size, *stop;

	for (const u8 *p = sec->data; p < end; p = stop + 1) {
		u64 addr = sec->addr + (u64)(p - sec->data);
		size_t len;
		u32 known;

		stop = memchr(p, 0, (size_t)(end - p));
		if (!stop)
			break;
		len = (size_t)(stop - p) + 1;
		known = lp_map_get(&patch->strings, p, len);
		if (known == LP_MAP_NONE ||
		    __builtin_ctzll(addr | 4096) > __builtin_ctz(known | 4096))
			lp_map_set(patch->arena, &patch->strings, p, len, (u32)addr);
	}
}

static u64 find_string(struct ep_patch *patch, const struct lp_section *sec, const u8 *bytes,
		       u64 size, u64 align)
{
	u32 addr;

	if (!patch->strings.n)
		index_strings(patch, sec);
	addr = lp_map_get(&patch->strings, bytes, size);
	return addr == LP_MAP_NONE || addr & (align - 1) ? 0 : addr;
}

static u64 find_bytes(const struct lp_section *sec, const u8 *bytes, u64 size, u64 align)
{
	u64 off = lp_align(sec->addr, align) - sec->addr;

	for (; lp_in_range(off, size, sec->size); off += align)
		if (!memcmp(sec->data + off, bytes, size))
			return sec->addr + off;
	return 0;
}

/* Is nothing there that has a name of the programmer's? */
static bool is_nameless(const struct ep_target *target, u64 addr, u64 size)
{
	u32 section = lp_elf_section(target->syms, ".rodata");
	u32 first = lp_elf_symbol_at(target->syms, section, addr);
	u32 last = lp_elf_symbol_at(target->syms, section, addr + size - 1);

	return (!first || ep_is_function_name(target->syms->symbols[first].name)) && first == last;
}

bool ep_find_constant(struct ep_patch *patch, u32 input, u32 section, const struct ep_range *range,
		      struct ep_place *ret)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf;
	const struct lp_section *sec = rodata_of(patch->target);
	const u8 *bytes;
	u64 addr;

	if (!patch->target->flavour->shares_constants || !range->size ||
	    !ep_is_constant(elf, section, range) || !is_usable(patch->target, sec))
		return false;
	bytes = elf->sections[section].data + range->off;
	if (memchr(bytes, 0, range->size) == bytes + range->size - 1)
		addr = find_string(patch, sec, bytes, range->size, range->align);
	else
		addr = find_bytes(sec, bytes, range->size, range->align);
	if (!addr || !ep_target_is_constant(patch->target, addr, range->size) ||
	    !is_nameless(patch->target, addr, range->size))
		return false;
	*ret = (struct ep_place){ .to = EP_TO_EXE,
				  .addr = sec->addr,
				  .off = (s64)(addr - sec->addr),
				  .name = sec->name,
				  .type = STT_OBJECT,
				  .size = sec->size,
				  .match = "contents" };
	return true;
}
