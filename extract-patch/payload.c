// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the payload that runtime/payload.h describes. Lists that would be empty are left out.
 *
 *   .text .rodata .data .bss      the pieces, those that are not empty
 *   .eh_frame                     how to unwind through .text
 *   .livepatch.funcs              one entry of 104 bytes for each replaced function
 *   .livepatch.ranges             one of 24 bytes for each of their cold parts
 *   .livepatch.tables             one of 40 bytes for each table that is replaced in place
 *   .livepatch.hooks.KIND         one of 8 bytes for each of the author's hooks
 *   .note.gnu.build-id            of the payload: a hash over all the rest of the file, unsigned
 *   .livepatch.depends            build-id of what it is applied on top of
 *   .livepatch.target_depends     build-id of the executable
 *   .modinfo                      name=, builder=, summary=, source-sha256=, reference= (any
 * number) .livepatch.signature          72 bytes of zeros, for whoever signs it
 *   .livepatch.manifest, .diff    compressed, for whoever finds the file; never loaded
 */
#include <stdlib.h>
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/output.h"
#include "extract-patch/rules.h"
#include "lib/hash.h"
#include "lib/zip.h"
#include "runtime/payload.h"
#include "version.h"

#define NOTE_NAME   "GNU"
#define NOTE_HEADER 16	 /* namesz, descsz, type, "GNU\0" */
#define FILL_TEXT   0xcc /* int3 between functions */

struct writer {
	const struct ep_patch *patch;
	struct lp_out *out;
	u32 areas[EP_N_AREAS]; /* section indices, 0 for empty ones */
	u32 *piece_syms;       /* symbol id of each piece, 0 for none */
	struct lp_map abs_syms, import_syms;
	u32 build_id; /* section index */
};

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

static void write_areas(struct writer *w)
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

static void write_pieces(struct writer *w)
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

static u32 abs_symbol(struct writer *w, const char *name, u64 addr, u64 size, u8 type)
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

static u32 undefined_symbol(struct writer *w, const char *name)
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
static const char *looked_up_name(const struct writer *w, const struct ep_place *to)
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

/* The symbol and addend that stand for a place. */
static u32 symbol_of(struct writer *w, const struct ep_place *to, s64 *addend)
{
	const struct ep_piece *piece;
	const char *name;

	*addend += to->off;
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

static void write_fix(struct writer *w, const struct ep_fix *fix)
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
	u32 sym = symbol_of(w, &fix->to, &addend);

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

static void write_fixes(struct writer *w)
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

/* ---- the lists ---- */

/* Appends to the list of that name, whose section is made for its first entry. */
static u64 add_entry(struct writer *w, u32 *section, const char *name, const void *entry,
		     size_t size)
{
	if (!*section)
		*section = lp_out_section(w->out, name, SHT_PROGBITS, SHF_ALLOC, 8, 0);
	return lp_out_append(w->out, *section, entry, size, 8);
}

static void add_pointer(struct writer *w, u32 section, u64 off, const struct ep_place *to)
{
	s64 addend = 0;
	u32 sym = symbol_of(w, to, &addend);

	lp_out_reloc(w->out, section, off, R_X86_64_64, sym, addend);
}

static void add_piece_pointer(struct writer *w, u32 section, u64 off, u32 piece)
{
	add_pointer(w, section, off, &(struct ep_place){ .to = EP_TO_PIECE, .piece = piece });
}

static void add_old_pointer(struct writer *w, u32 section, u64 off, const char *name, u64 addr,
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

	/* The jump may reach into the padding behind a small function. */
	if (len < ep_site_end(func))
		len = ep_site_end(func);
	len = patch->target->flavour->unchanged(patch, func, len);
	if (!len)
		return;
	expect->flags = (u8)(1 | len << 1);
	memcpy(expect->data, ep_target_bytes(patch->target, func->addr, len), len);
}

static void write_funcs(struct writer *w)
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
		if (!w->patch->target->flavour->symbol_name(w->patch, func->match.sym))
			add_old_pointer(w, idx, off + offsetof(struct livepatch_func, old_addr),
					func->name, func->addr, func->old_size, STT_FUNC);
	}
}

/* Code that must be quiet beside the replaced functions. */
static void write_ranges(struct writer *w)
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
		add_old_pointer(w, idx, off + offsetof(struct livepatch_range, addr), cold->name,
				cold->addr, cold->size, STT_FUNC);
	}
}

static void write_tables(struct writer *w)
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

static void write_hooks(struct writer *w)
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

/* ---- notes and texts ---- */

static u32 write_note(struct writer *w, const char *section, const void *id, size_t len)
{
	u32 idx = lp_out_section(w->out, section, SHT_NOTE, SHF_ALLOC, 4, 0);
	u32 header[3] = { sizeof(NOTE_NAME), (u32)len, NT_GNU_BUILD_ID };

	(void)lp_out_append(w->out, idx, header, sizeof(header), 4);
	(void)lp_out_append(w->out, idx, NOTE_NAME, sizeof(NOTE_NAME), 4);
	(void)lp_out_append(w->out, idx, id, len, 4);
	if (len % 4)
		(void)lp_out_append(w->out, idx, NULL, 4 - len % 4, 1);
	return idx;
}

/* On the patch below, or on the executable itself. */
static void write_depends(struct writer *w)
{
	const struct lp_elf *elf = w->patch->target->elf;
	struct ep_below base = { elf->build_id, elf->build_id_len, NULL };
	size_t n = w->patch->below.n;

	if (n)
		base = w->patch->below.items[n - 1];
	(void)write_note(w, LIVEPATCH_SEC_DEPENDS, base.build_id, base.build_id_len);
}

/* Room for a signature, so that signing moves nothing and is no part of the build-id. */
static void write_signature(struct writer *w)
{
	u32 idx = lp_out_section(w->out, LIVEPATCH_SEC_SIGN, SHT_NOTE, 0, 4, 0);
	u32 header[3] = { sizeof(LIVEPATCH_SIGN_OWNER), sizeof(struct livepatch_signature),
			  LIVEPATCH_SIGN_TYPE };

	(void)lp_out_append(w->out, idx, header, sizeof(header), 4);
	(void)lp_out_append(w->out, idx, LIVEPATCH_SIGN_OWNER, sizeof(LIVEPATCH_SIGN_OWNER), 4);
	(void)lp_out_append(w->out, idx, NULL, sizeof(struct livepatch_signature), 4);
}

static void write_modinfo(struct writer *w, const struct ep_output *output)
{
	u32 idx = lp_out_section(w->out, LIVEPATCH_SEC_MODINFO, SHT_PROGBITS,
				 w->patch->target->flavour->modinfo_flags, 1, 0);
	const struct {
		const char *key, *value;
	} pairs[] = {
		{ "name", output->name },
		{ "builder", "patchbox " LP_VERSION },
		{ "summary", output->summary },
		{ "source-sha256", output->diff_sha256 },
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(pairs); i++) {
		const char *line;

		if (!pairs[i].value)
			continue;
		line = lp_printf(w->patch->arena, "%s=%s", pairs[i].key, pairs[i].value);
		(void)lp_out_append(w->out, idx, line, strlen(line) + 1, 1);
	}
	for (size_t i = 0; i < output->references.n; i++) {
		const char *line =
			lp_printf(w->patch->arena, "reference=%s", output->references.items[i]);

		(void)lp_out_append(w->out, idx, line, strlen(line) + 1, 1);
	}
}

static struct lp_err *write_compressed(struct writer *w, const char *section, const void *data,
				       size_t len)
{
	u32 idx = lp_out_section(w->out, section, SHT_PROGBITS, SHF_COMPRESSED, 8, 0);
	size_t body_len;
	u8 *body;

	LP_TRY(lp_zip(w->patch->arena, data, len, &body, &body_len));
	(void)lp_out_append(w->out, idx, body, body_len, 8);
	return NULL;
}

/* The id is the hash of the file with the id itself as zeros. */
static struct lp_err *stamp(const struct writer *w, u8 *file, size_t len)
{
	u8 hash[LP_SHA256_LEN];
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;

	memcpy(&ehdr, file, sizeof(ehdr));
	memcpy(&shdr, file + ehdr.e_shoff + (u64)w->build_id * sizeof(shdr), sizeof(shdr));
	lp_sha256(file, len, hash);
	memcpy(file + shdr.sh_offset + NOTE_HEADER, hash, LIVEPATCH_BUILD_ID_LEN);
	if (len > w->patch->target->flavour->max_size)
		return ep_refuse("payload-too-big",
				 "the payload has %zu bytes, at most %llu are allowed", len,
				 (unsigned long long)w->patch->target->flavour->max_size);
	return NULL;
}

static u32 add_name(struct ep_patch *patch, const char *name)
{
	return ep_piece_add(patch, EP_RODATA, NULL, STT_NOTYPE, name, strlen(name) + 1, 1);
}

static void name_func(struct ep_patch *patch, struct ep_func *func)
{
	const char *name = patch->target->flavour->symbol_name(patch, func->match.sym);

	func->name_piece = add_name(patch, name ? name : func->name);
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
	struct writer w = { .patch = patch, .out = lp_out_create(patch->arena) };
	static const u8 no_id[LIVEPATCH_BUILD_ID_LEN];

	write_areas(&w);
	write_pieces(&w);
	write_fixes(&w);
	write_funcs(&w);
	if (patch->target->flavour->has_ranges)
		write_ranges(&w);
	write_tables(&w);
	write_hooks(&w);
	w.build_id = write_note(&w, LIVEPATCH_SEC_BUILD_ID, no_id, sizeof(no_id));
	write_depends(&w);
	(void)write_note(&w, patch->target->flavour->target_section, patch->target->elf->build_id,
			 patch->target->elf->build_id_len);
	write_signature(&w);
	write_modinfo(&w, output);
	LP_TRY(write_compressed(&w, LIVEPATCH_SEC_MANIFEST, manifest, manifest_len));
	if (output->diff_len)
		LP_TRY(write_compressed(&w, LIVEPATCH_SEC_DIFF, output->diff, output->diff_len));
	LP_TRY(lp_out_bytes(w.out, ret, ret_len));
	return stamp(&w, *ret, *ret_len);
}
