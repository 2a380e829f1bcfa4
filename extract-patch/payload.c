// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the payload that runtime/payload.h describes. Lists that would be empty are left out.
 *
 *   .text .rodata .data .bss      the pieces, those that are not empty
 *   .eh_frame                     how to unwind through .text
 *   .livepatch.funcs              one entry of 104 bytes for each replaced function
 *   .livepatch.ranges             one of 24 bytes for each of their cold parts
 *   .livepatch.tables             one of 40 bytes for each table that is replaced in place
 *   .livepatch.below              one of 32 bytes for each place in a payload below
 *   .livepatch.hooks.KIND         one of 8 bytes for each of the author's hooks
 *   .note.gnu.build-id            of the payload: a hash over all the rest of the file, unsigned
 *   .livepatch.depends            build-id of what it is applied on top of
 *   .livepatch.target_depends     build-id of the executable
 *   .modinfo                      name=, builder=, summary=, source-sha256=, replace=, pins=,
 *                                 and any number of reference=
 *   .livepatch.signature          72 bytes of zeros, for whoever signs it
 *   .livepatch.manifest, .diff    compressed, for whoever finds the file; never loaded
 */
#include <stdlib.h>
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/output.h"
#include "extract-patch/rules.h"
#include "extract-patch/writer.h"
#include "lib/hash.h"
#include "lib/yaml.h"
#include "lib/zip.h"
#include "runtime/payload.h"
#include "version.h"

#define FILL_TEXT 0xcc /* int3 between functions */

static const struct {
	const char *name;
	u32 type;
	u64 flags;
} area_sections[] = {
	[EP_TEXT] = { ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR },
	[EP_RODATA] = { ".rodata", SHT_PROGBITS, SHF_ALLOC },
	[EP_FRAMES] = { ".eh_frame", SHT_PROGBITS, SHF_ALLOC },
	[EP_DATA] = { ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE },
	[EP_BSS] = { ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE },
};

static void write_areas(struct ep_writer *w)
{
	for (int area = 0; area < EP_N_AREAS; area++) {
		u64 size = w->patch->area_size[area];
		u32 idx;

		if (!size)
			continue;
		idx = lp_out_section(w->out, area_sections[area].name, area_sections[area].type,
				     area_sections[area].flags, w->patch->area_align[area], 0);
		w->areas[area] = idx;
		(void)lp_out_append(w->out, idx, NULL, size, 1);
		if (area == EP_TEXT)
			memset(lp_out_data(w->out, idx, &size), FILL_TEXT, size);
	}
}

static void write_pieces(struct ep_writer *w)
{
	w->piece_syms = lp_new_array(w->patch->arena, w->patch->pieces.n, u32);
	for (size_t i = 0; i < w->patch->pieces.n; i++) {
		const struct ep_piece *piece = &w->patch->pieces.items[i];
		struct lp_symbol sym = { .name = piece->name,
					 .value = piece->out_off,
					 .size = piece->size,
					 .type = piece->type,
					 .shndx = w->areas[piece->area] };
		u64 size;

		if (piece->bytes)
			memcpy(lp_out_data(w->out, sym.shndx, &size) + piece->out_off, piece->bytes,
			       piece->size);
		if (!piece->name)
			continue;
		sym.name = w->patch->target->flavour->piece_name(w->patch, (u32)i);
		w->piece_syms[i] = lp_out_symbol(w->out, &sym);
	}
}

/* ---- symbols and relocations ---- */

static u32 abs_symbol(struct ep_writer *w, const char *name, u64 addr, u64 size, u8 type)
{
	const char *key = lp_printf(w->patch->arena, "%s %llx", name, (unsigned long long)addr);
	struct lp_symbol sym = { .name = name,
				 .value = addr,
				 .size = size,
				 .type = type == STT_FUNC || type == STT_OBJECT ? type : STT_NOTYPE,
				 .shndx = LP_SHN_ABS };
	u32 id = lp_map_get_str(&w->abs_syms, key);

	if (id == LP_MAP_NONE) {
		id = lp_out_symbol(w->out, &sym);
		lp_map_set_str(w->patch->arena, &w->abs_syms, key, id);
	}
	return id;
}

static u32 undefined_symbol(struct ep_writer *w, const char *name)
{
	struct lp_symbol sym = { .name = name, .bind = STB_GLOBAL };
	u32 id = lp_map_get_str(&w->import_syms, name);

	if (id == LP_MAP_NONE) {
		id = lp_out_symbol(w->out, &sym);
		lp_map_set_str(w->patch->arena, &w->import_syms, name, id);
	}
	return id;
}

/* The name by which the loader finds a place, or NULL. */
static const char *looked_up_name(const struct ep_writer *w, const struct ep_place *to)
{
	switch (to->to) {
	case EP_TO_IMPORT:
	case EP_TO_BELOW:
		return ep_import_name(w->patch->arena, to);
	case EP_TO_EXE:
		return w->patch->target->flavour->symbol_name(w->patch, to->sym);
	case EP_TO_PIECE:
	case EP_TO_TLS:
		break;
	}
	return NULL;
}

/* A symbol in .livepatch.below, at the entry for the place. */
static u32 below_symbol(struct ep_writer *w, const struct ep_place *to)
{
	const struct ep_below *below = &w->patch->below.items[to->below];
	struct livepatch_below entry = { .area = to->area, .off = to->addr };
	struct lp_symbol sym = { .name = to->name, .type = STT_OBJECT };
	const char *key = lp_printf(w->patch->arena, "below %u %u %llx", to->below, to->area,
				    (unsigned long long)to->addr);
	u32 id = lp_map_get_str(&w->abs_syms, key);

	if (id != LP_MAP_NONE)
		return id;
	if (!w->below)
		w->below =
			lp_out_section(w->out, LIVEPATCH_SEC_BELOW, SHT_PROGBITS, SHF_ALLOC, 8, 0);
	memcpy(entry.build_id, below->build_id, sizeof(entry.build_id));
	sym.value = lp_out_append(w->out, w->below, &entry, sizeof(entry), 8);
	sym.size = sizeof(entry);
	sym.shndx = w->below;
	id = lp_out_symbol(w->out, &sym);
	lp_map_set_str(w->patch->arena, &w->abs_syms, key, id);
	return id;
}

/* The symbol and addend that stand for a place. */
u32 ep_symbol_of(struct ep_writer *w, const struct ep_place *to, s64 *addend)
{
	const struct ep_piece *piece;
	const char *name;

	*addend += to->off;
	if (to->to == EP_TO_BELOW && w->patch->target->flavour->places_below)
		return below_symbol(w, to);
	name = looked_up_name(w, to);
	if (name)
		return undefined_symbol(w, name);
	if (to->to != EP_TO_PIECE)
		return abs_symbol(w, to->name, to->addr, to->size, to->type);
	if (w->piece_syms[to->piece])
		return w->piece_syms[to->piece];
	piece = &w->patch->pieces.items[to->piece];
	*addend += (s64)piece->out_off;
	return lp_out_section_symbol(w->out, w->areas[piece->area]);
}

static void write_fix(struct ep_writer *w, const struct ep_fix *fix)
{
	const struct ep_piece *piece = &w->patch->pieces.items[fix->piece];
	u32 section = w->areas[piece->area];
	u64 off = piece->out_off + fix->off, size;
	s64 addend = fix->addend;

	if (fix->to.to == EP_TO_PIECE && fix->type == R_X86_64_PC32 &&
	    w->patch->pieces.items[fix->to.piece].area == piece->area) {
		/* Both ends move together. */
		s32 value = (s32)((s64)w->patch->pieces.items[fix->to.piece].out_off + fix->to.off +
				  addend - (s64)off);

		memcpy(lp_out_data(w->out, section, &size) + off, &value, sizeof(value));
		return;
	}
	memset(lp_out_data(w->out, section, &size) + off, 0, fix->type == R_X86_64_PC32 ? 4 : 8);
	u32 sym = ep_symbol_of(w, &fix->to, &addend);

	lp_out_reloc(w->out, section, off, fix->type, sym, addend);
}

struct fix_order {
	const struct ep_fix *fix;
	u32 area;
	u64 off;
};

static int compare_fixes(const void *a, const void *b)
{
	const struct fix_order *x = a, *y = b;

	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

static void write_fixes(struct ep_writer *w)
{
	size_t n = w->patch->fixes.n;
	struct fix_order *order = lp_new_array(w->patch->arena, n, struct fix_order);

	for (size_t i = 0; i < n; i++) {
		const struct ep_fix *fix = &w->patch->fixes.items[i];
		const struct ep_piece *piece = &w->patch->pieces.items[fix->piece];

		order[i] = (struct fix_order){ fix, piece->area, piece->out_off + fix->off };
	}
	if (n)
		qsort(order, n, sizeof(*order), compare_fixes);
	for (size_t i = 0; i < n; i++)
		write_fix(w, order[i].fix);
}

static u32 add_name(struct ep_patch *patch, const char *name)
{
	return ep_piece_add(patch, EP_RODATA, NULL, STT_NOTYPE, name, strlen(name) + 1, 1);
}

static void name_func(struct ep_patch *patch, struct ep_func *func)
{
	const struct ep_flavour *flavour = patch->target->flavour;
	const char *name = func->name;

	if (flavour->looks_up_names)
		name = func->is_new_below ? func->below.name
					  : flavour->symbol_name(patch, func->match.sym);
	func->name_piece = add_name(patch, name);
}

void ep_payload_names(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->funcs.n; i++)
		name_func(patch, &patch->funcs.items[i]);
	for (size_t i = 0; i < patch->funcs.n; i++) {
		struct ep_cold *cold = &patch->funcs.items[i].cold;

		if (cold->name && patch->target->flavour->has_ranges)
			cold->name_piece = add_name(patch, cold->name);
	}
	for (size_t i = 0; i < patch->tables.n; i++)
		patch->tables.items[i].name_piece = add_name(patch, patch->tables.items[i].name);
}

struct lp_err *ep_payload_bytes(const struct ep_patch *patch, const struct ep_output *output,
				const char *manifest, size_t manifest_len, u8 **ret,
				size_t *ret_len)
{
	struct ep_writer w = { .patch = patch, .out = lp_out_create(patch->arena) };

	write_areas(&w);
	write_pieces(&w);
	write_fixes(&w);
	ep_write_lists(&w);
	ep_write_notes(&w);
	ep_write_modinfo(&w, output);
	LP_TRY(ep_write_texts(&w, output, manifest, manifest_len));
	LP_TRY(lp_out_bytes(w.out, ret, ret_len));
	return ep_stamp(&w, *ret, *ret_len);
}
