/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/elf_out.h"

#include <string.h>

struct lp_out *lp_out_create(struct lp_arena *arena)
{
	struct lp_out *out = lp_new(arena, struct lp_out);

	out->arena = arena;
	lp_vec_push(arena, &out->sections, ((struct lp_out_sec){ .name = "" }));
	lp_vec_push(arena, &out->symbols, ((struct lp_symbol){ .name = "" }));
	return out;
}

u32 lp_out_section(struct lp_out *out, const char *name, u32 type, u64 flags, u64 align,
		   u64 entsize)
{
	struct lp_out_sec sec = { .name = lp_strdup(out->arena, name),
				  .type = type,
				  .flags = flags,
				  .align = align ? align : 1,
				  .entsize = entsize };

	lp_vec_push(out->arena, &out->sections, sec);
	return (u32)out->sections.n - 1;
}

void lp_out_reserve(struct lp_arena *arena, struct lp_out_sec *sec, u64 size)
{
	u64 want = sec->cap ? sec->cap : 64;

	if (sec->cap - sec->size >= size)
		return;
	while (want - sec->size < size)
		want *= 2;
	u8 *grown = lp_alloc(arena, want);

	if (sec->size)
		memcpy(grown, sec->data, sec->size);
	sec->data = grown;
	sec->cap = want;
}

u64 lp_out_append(struct lp_out *out, u32 section, const void *data, u64 size, u64 align)
{
	struct lp_out_sec *sec = &out->sections.items[section];
	u64 off = lp_align(sec->size, align);

	if (align > sec->align)
		sec->align = align;
	if (sec->type != SHT_NOBITS) {
		/* Fresh arena memory is zero: gaps and DATA NULL need no filling. */
		lp_out_reserve(out->arena, sec, off - sec->size + size);
		if (data && size)
			memcpy(sec->data + off, data, size);
	}
	sec->size = off + size;
	return off;
}

u8 *lp_out_data(struct lp_out *out, u32 section, u64 *ret_size)
{
	*ret_size = out->sections.items[section].size;
	return out->sections.items[section].data;
}

u32 lp_out_symbol(struct lp_out *out, const struct lp_symbol *sym)
{
	struct lp_symbol copy = *sym;

	copy.name = lp_strdup(out->arena, sym->name ? sym->name : "");
	lp_vec_push(out->arena, &out->symbols, copy);
	return (u32)out->symbols.n - 1;
}

u32 lp_out_section_symbol(struct lp_out *out, u32 section)
{
	struct lp_out_sec *sec = &out->sections.items[section];

	if (!sec->secsym)
		sec->secsym = lp_out_symbol(
			out, &(struct lp_symbol){ .type = STT_SECTION, .shndx = section });
	return sec->secsym;
}

void lp_out_reloc(struct lp_out *out, u32 section, u64 off, u32 type, u32 sym_id, s64 addend)
{
	struct lp_out_rel rel = { .off = off, .type = type, .sym_id = sym_id, .addend = addend };

	lp_vec_push(out->arena, &out->sections.items[section].relocs, rel);
}

void lp_out_link(struct lp_out *out, u32 section, u32 link, u32 info)
{
	out->sections.items[section].link = link;
	out->sections.items[section].info = info;
}
