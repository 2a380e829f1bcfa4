// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists of a payload: what is replaced, what must be quiet, which hooks run. */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/writer.h"
#include "runtime/payload.h"

/* Appends to the list of that name, whose section is made for its first entry. */
static u64 add_entry(struct ep_writer *w, u32 *section, const char *name, const void *entry,
		     size_t size)
{
	if (!*section)
		*section = lp_out_section(w->out, name, SHT_PROGBITS, SHF_ALLOC, 8, 0);
	return lp_out_append(w->out, *section, entry, size, 8);
}

static void add_pointer(struct ep_writer *w, u32 section, u64 off, const struct ep_place *to)
{
	s64 addend = 0;
	u32 sym = ep_symbol_of(w, to, &addend);

	lp_out_reloc(w->out, section, off, R_X86_64_64, sym, addend);
}

static void add_piece_pointer(struct ep_writer *w, u32 section, u64 off, u32 piece)
{
	add_pointer(w, section, off, &(struct ep_place){ .to = EP_TO_PIECE, .piece = piece });
}

static void add_old_pointer(struct ep_writer *w, u32 section, u64 off, const char *name, u64 addr,
			    u64 size, u8 type)
{
	add_pointer(
		w, section, off,
		&(struct ep_place){
			.to = EP_TO_EXE, .name = name, .addr = addr, .size = size, .type = type });
}

static void fill_expect(const struct ep_patch *patch, const struct ep_func *func,
			struct livepatch_expect *expect)
{
	u64 len = func->old_size < LIVEPATCH_EXPECT_LEN ? func->old_size : LIVEPATCH_EXPECT_LEN;

	if (func->is_new_below)
		return;
	/* The jump may reach into the padding behind a small function. */
	if (len < ep_site_end(func))
		len = ep_site_end(func);
	len = patch->target->flavour->unchanged(patch, func, len);
	if (!len)
		return;
	expect->flags = (u8)(1 | len << 1);
	memcpy(expect->data, ep_target_bytes(patch->target, func->addr, len), len);
}

static void write_funcs(struct ep_writer *w)
{
	u32 idx = 0;

	for (size_t i = 0; i < w->patch->funcs.n; i++) {
		const struct ep_func *func = &w->patch->funcs.items[i];
		struct livepatch_func entry = { .old_size = (u32)func->old_size,
						.version = LIVEPATCH_VERSION };
		u64 off;

		entry.new_size = (u32)w->patch->pieces.items[func->piece].size;
		fill_expect(w->patch, func, &entry.expect);
		off = add_entry(w, &idx, LIVEPATCH_SEC_FUNCS, &entry, sizeof(entry));
		add_piece_pointer(w, idx, off + offsetof(struct livepatch_func, name),
				  func->name_piece);
		add_piece_pointer(w, idx, off + offsetof(struct livepatch_func, new_addr),
				  func->piece);
		if (w->patch->target->flavour->looks_up_names)
			continue;
		if (func->is_new_below)
			add_pointer(w, idx, off + offsetof(struct livepatch_func, old_addr),
				    &func->below);
		else
			add_old_pointer(w, idx, off + offsetof(struct livepatch_func, old_addr),
					func->name, func->addr, func->old_size, STT_FUNC);
	}
}

/* Code that must be quiet beside the replaced functions. */
static void write_ranges(struct ep_writer *w)
{
	u32 idx = 0;

	for (size_t i = 0; i < w->patch->funcs.n; i++) {
		const struct ep_cold *cold = &w->patch->funcs.items[i].cold;
		struct livepatch_range entry = { .size = cold->size };
		u64 off;

		if (!cold->name)
			continue;
		off = add_entry(w, &idx, LIVEPATCH_SEC_RANGES, &entry, sizeof(entry));
		add_piece_pointer(w, idx, off + offsetof(struct livepatch_range, name),
				  cold->name_piece);
		if (cold->is_below)
			add_pointer(w, idx, off + offsetof(struct livepatch_range, addr),
				    &cold->below);
		else
			add_old_pointer(w, idx, off + offsetof(struct livepatch_range, addr),
					cold->name, cold->addr, cold->size, STT_FUNC);
	}
}

static void write_tables(struct ep_writer *w)
{
	u32 idx = 0;

	for (size_t i = 0; i < w->patch->tables.n; i++) {
		const struct ep_table *table = &w->patch->tables.items[i];
		struct livepatch_table entry = { .size = (u32)table->size };
		u64 off = add_entry(w, &idx, LIVEPATCH_SEC_TABLES, &entry, sizeof(entry));

		add_piece_pointer(w, idx, off + offsetof(struct livepatch_table, name),
				  table->name_piece);
		add_old_pointer(w, idx, off + offsetof(struct livepatch_table, addr), table->name,
				table->addr, table->size, STT_OBJECT);
		add_piece_pointer(w, idx, off + offsetof(struct livepatch_table, old_bytes),
				  table->old_piece);
		add_piece_pointer(w, idx, off + offsetof(struct livepatch_table, new_bytes),
				  table->new_piece);
	}
}

static void write_hooks(struct ep_writer *w)
{
	u32 sections[EP_N_HOOK_KINDS] = { 0 };
	static const u8 zeros[8];

	for (size_t i = 0; i < w->patch->hooks.n; i++) {
		const struct ep_hook *hook = &w->patch->hooks.items[i];
		const char *name = lp_printf(w->patch->arena, "%s%s", LIVEPATCH_SEC_HOOKS,
					     ep_hook_kinds[hook->kind]);
		u64 off = add_entry(w, &sections[hook->kind], name, zeros, sizeof(zeros));

		add_pointer(w, sections[hook->kind], off, &hook->to);
	}
}

void ep_write_lists(struct ep_writer *w)
{
	write_funcs(w);
	if (w->patch->target->flavour->has_ranges)
		write_ranges(w);
	write_tables(w);
	write_hooks(w);
}
