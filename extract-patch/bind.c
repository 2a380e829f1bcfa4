// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Follows every reference of the new code, and of what it brings along, and turns each one into
 * a kind that the runtime knows: 64-bit addresses and PC-relative fields. What went through the
 * GOT, the PLT or thread-local storage is settled here.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/relax.h"
#include "extract-patch/rules.h"

struct site { /* one relocation of a piece */
	struct ep_patch *patch;
	u32 piece;
	u64 off; /* in the piece */
	const struct lp_reloc *rel;
	struct ep_place to;
};

static struct ep_piece *piece_of(const struct site *site)
{
	return &site->patch->pieces.items[site->piece];
}

static const char *where(const struct site *site)
{
	const struct ep_piece *piece = piece_of(site);

	return lp_printf(site->patch->arena, "%s+0x%llx", piece->name ? piece->name : "data",
			 (unsigned long long)site->off);
}

static struct lp_err *refuse_kind(const struct site *site, const char *why)
{
	return ep_refuse("relocation-kind", "%s: %s to '%s': %s", where(site),
			 lp_reloc_name(site->rel->type), site->to.name ? site->to.name : "data",
			 why);
}

const char *ep_import_name(struct lp_arena *arena, const struct ep_place *place)
{
	return place->version ? lp_printf(arena, "%s@%s", place->name, place->version)
			      : place->name;
}

void ep_note_ref(struct ep_patch *patch, const struct ep_place *place, const char *kind)
{
	struct ep_ref ref = { ep_import_name(patch->arena, place), kind, place->addr,
			      place->match ? place->match : "unique" };
	const char *key = lp_printf(patch->arena, "%s %s %llx", kind, ref.symbol,
				    (unsigned long long)place->addr);

	if (lp_map_set_str(patch->arena, &patch->ref_map, key, 0) == LP_MAP_NONE)
		lp_vec_push(patch->arena, &patch->refs, ref);
}

static void note(struct ep_patch *patch, const struct ep_place *place)
{
	if (place->to == EP_TO_PIECE)
		return;
	if (place->to == EP_TO_IMPORT)
		ep_note_ref(patch, place, "import");
	else if (place->to == EP_TO_TLS)
		ep_note_ref(patch, place, "tls");
	else if (place->match && !strcmp(place->match, "copy"))
		ep_note_ref(patch, place, "copy");
	else
		ep_note_ref(patch, place, place->type == STT_FUNC ? "function" : "object");
}

/* ---- slots and stubs ---- */

static const char *place_key(struct lp_arena *arena, const char *kind, const struct ep_place *to)
{
	return lp_printf(arena, "%s %d %u %lld %llx %s", kind, (int)to->to, to->piece,
			 (long long)to->off, (unsigned long long)to->addr,
			 to->to == EP_TO_IMPORT ? to->name : "");
}

/* Eight read-only bytes that hold the address of TO. */
static struct ep_place own_slot(struct ep_patch *patch, const struct ep_place *to)
{
	const char *key = place_key(patch->arena, "slot", to);
	const char *name = lp_printf(patch->arena, "%s@slot", to->name);
	u32 piece = lp_map_get_str(&patch->slot_map, key);
	static const u8 zeros[8];

	if (piece == LP_MAP_NONE) {
		piece = ep_piece_add(patch, EP_RODATA, name, STT_OBJECT, zeros, 8, 8);
		ep_fix_add(patch, piece, 0, R_X86_64_64, to, 0);
		lp_map_set_str(patch->arena, &patch->slot_map, key, piece);
	}
	return (struct ep_place){ .to = EP_TO_PIECE, .piece = piece, .name = name };
}

/* A place that holds the address of the library symbol TO: the executable's slot if it has one.
 * A slot of the PLT holds it from the start only under BIND_NOW, but a branch may always take it.
 */
static struct ep_place library_slot(struct ep_patch *patch, const struct ep_place *to,
				    bool is_branch)
{
	const struct ep_dyn *dyn = ep_find_dyn(patch->target, to->name);
	struct ep_place slot = { .to = EP_TO_EXE, .match = "unique", .type = STT_OBJECT };

	if (dyn && dyn->glob_dat)
		slot.addr = dyn->glob_dat;
	else if (dyn && dyn->jump_slot && (is_branch || patch->target->bind_now))
		slot.addr = dyn->jump_slot;
	if (!slot.addr) {
		note(patch, to);
		return own_slot(patch, to);
	}
	slot.name = lp_printf(patch->arena, "%s@got", to->name);
	ep_note_ref(patch, &slot, "got-slot");
	return slot;
}

/* Libraries are out of reach of a call: the executable's PLT entry, or, when it has none,
 * jmp *slot(%rip) in the payload's text. */
static struct ep_place library_stub(struct ep_patch *patch, const struct ep_place *to)
{
	const struct ep_dyn *dyn = ep_find_dyn(patch->target, to->name);
	u64 entry = dyn ? ep_plt_entry(patch->target, dyn) : 0;
	const char *key = place_key(patch->arena, "stub", to);
	const char *name = lp_printf(patch->arena, "%s@stub", to->name);
	static const u8 code[6] = { 0xff, 0x25 };
	u32 piece = lp_map_get_str(&patch->slot_map, key);
	struct ep_place slot;

	if (entry)
		return (struct ep_place){ .to = EP_TO_EXE,
					  .addr = entry,
					  .name = lp_printf(patch->arena, "%s@plt", to->name),
					  .type = STT_FUNC,
					  .match = "unique" };
	if (piece == LP_MAP_NONE) {
		slot = library_slot(patch, to, true);
		piece = ep_piece_add(patch, EP_TEXT, name, STT_FUNC, code, sizeof(code), 2);
		ep_fix_add(patch, piece, 2, R_X86_64_PC32, &slot, -4);
		lp_map_set_str(patch->arena, &patch->slot_map, key, piece);
	}
	return (struct ep_place){ .to = EP_TO_PIECE, .piece = piece, .name = name };
}

/* ---- one relocation ---- */

static void write32(struct site *site, s64 value)
{
	s32 field = (s32)value;

	memcpy(piece_of(site)->bytes + site->off, &field, sizeof(field));
}

static struct lp_err *bind_pcrel(struct site *site)
{
	const struct ep_piece *piece = piece_of(site);
	bool is_lea = site->rel->type == R_X86_64_PC32 && site->off >= 2 &&
		      piece->bytes[site->off - 2] == 0x8d;
	struct ep_place to = site->to;

	if (to.to == EP_TO_TLS)
		return refuse_kind(site, "a thread-local variable has no address");
	if (to.to == EP_TO_IMPORT) {
		if (to.type == STT_OBJECT || piece->area != EP_TEXT || is_lea)
			return refuse_kind(
				site, "library data and addresses are only reached by the GOT");
		to = library_stub(site->patch, &to);
	}
	note(site->patch, &to);
	ep_fix_add(site->patch, site->piece, site->off, R_X86_64_PC32, &to, site->rel->addend);
	return NULL;
}

/* Is the slot all that is read? `cmpq $0, f@GOTPCREL(%rip)`, of a test for a weak function, has an
 * immediate behind the field. */
static bool reads_slot(const struct lp_reloc *rel)
{
	return rel->addend == -4 ||
	       (rel->type == R_X86_64_GOTPCREL && (rel->addend == -5 || rel->addend == -8));
}

static struct lp_err *bind_got(struct site *site)
{
	struct ep_piece *piece = piece_of(site);
	bool can_relax = site->rel->type != R_X86_64_GOTPCREL;
	u64 off = site->off;
	struct ep_place slot;

	if (site->to.to == EP_TO_TLS || piece->area != EP_TEXT || !reads_slot(site->rel))
		return refuse_kind(site, "not an instruction that reads a slot of the GOT");
	if (site->to.to == EP_TO_IMPORT) {
		slot = library_slot(site->patch, &site->to,
				    ep_is_indirect_branch(piece->bytes, piece->size, off));
	} else {
		note(site->patch, &site->to);
		if (can_relax && ep_relax_got(piece->bytes, piece->size, off, &off)) {
			ep_fix_add(site->patch, site->piece, off, R_X86_64_PC32, &site->to,
				   site->rel->addend);
			return NULL;
		}
		slot = own_slot(site->patch, &site->to);
	}
	ep_fix_add(site->patch, site->piece, site->off, R_X86_64_PC32, &slot, site->rel->addend);
	return NULL;
}

static struct lp_err *bind_tls(struct site *site)
{
	struct ep_piece *piece = piece_of(site);
	bool is_constant = site->rel->type == R_X86_64_TPOFF32;
	s64 tpoff = (s64)((u64)site->to.tpoff + (u64)site->to.off +
			  (is_constant ? (u64)site->rel->addend : 0));

	if (site->to.to != EP_TO_TLS)
		return ep_refuse("tls-model", "%s: thread-local '%s' is not the executable's",
				 where(site), site->to.name);
	if (tpoff > 0 || tpoff < INT32_MIN)
		return ep_refuse("tls-model", "%s: thread-local '%s' is out of range", where(site),
				 site->to.name);
	note(site->patch, &site->to);
	if (is_constant) {
		write32(site, tpoff);
		return NULL;
	}
	if (site->rel->addend != -4 ||
	    !ep_relax_tls(piece->bytes, piece->size, site->off, (s32)tpoff))
		return ep_refuse("tls-model",
				 "%s: this access to thread-local '%s' is neither mov nor add",
				 where(site), site->to.name);
	return NULL;
}

/* R_X86_64_32 and 32S: constants of an executable that is not moved. */
static struct lp_err *bind_absolute(struct site *site)
{
	s64 value = (s64)(site->to.addr + (u64)site->to.off + (u64)site->rel->addend);

	if (site->patch->target->is_pie)
		return refuse_kind(site, "a 32-bit address in a position-independent executable");
	if (site->to.to != EP_TO_EXE)
		return refuse_kind(site, "a 32-bit address of the payload or of a library");
	if (value < 0 || value > INT32_MAX)
		return refuse_kind(site, "address out of range");
	note(site->patch, &site->to);
	write32(site, value);
	return NULL;
}

static struct lp_err *bind_site(struct site *site)
{
	switch (site->rel->type) {
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return bind_pcrel(site);
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		return bind_got(site);
	case R_X86_64_GOTTPOFF:
	case R_X86_64_TPOFF32:
		return bind_tls(site);
	case R_X86_64_64:
	case R_X86_64_PC64:
		if (site->to.to == EP_TO_TLS ||
		    (site->to.to == EP_TO_IMPORT && site->rel->type == R_X86_64_PC64))
			return refuse_kind(site, "not an address");
		note(site->patch, &site->to);
		ep_fix_add(site->patch, site->piece, site->off, site->rel->type, &site->to,
			   site->rel->addend);
		return NULL;
	case R_X86_64_32:
	case R_X86_64_32S:
		return bind_absolute(site);
	case R_X86_64_TLSGD:
	case R_X86_64_TLSLD:
	case R_X86_64_DTPOFF32:
	case R_X86_64_DTPOFF64:
		return ep_refuse("tls-model", "%s: %s needs a TLS model of shared libraries",
				 where(site), lp_reloc_name(site->rel->type));
	default:
		return refuse_kind(site, "not supported");
	}
}

/* ---- what a relocation refers to ---- */

static struct lp_err *check_left_out(const struct site *site, const struct lp_symbol *sym)
{
	const char *object, *name, *key;

	if (lp_mark_parse(site->patch->arena, sym->name, &object, &name) == LP_MARK_REF)
		key = lp_printf(site->patch->arena, "%s!%s", object, name);
	else
		key = name;
	if (lp_map_get_str(&site->patch->left_out, key) == LP_MAP_NONE)
		return NULL;
	return ep_refuse("function-needs-changed", "'%s' needs '%s', which is changed and left out",
			 piece_of(site)->name ? piece_of(site)->name : "data", name);
}

static struct lp_err *resolve(struct site *site)
{
	u32 input = piece_of(site)->input;
	const struct lp_elf *elf = site->patch->inputs.items[input].elf;
	const struct lp_symbol *sym = &elf->symbols[site->rel->sym];
	const struct lp_section *sec = &elf->sections[site->rel->section];
	s64 off = ep_sum(sym->value, site->rel->addend);

	site->to = (struct ep_place){ .name = sym->name, .type = sym->type };
	if (sym->shndx == SHN_UNDEF) {
		LP_TRY(check_left_out(site, sym));
		return ep_resolve_name(site->patch, input, site->rel->sym, &site->to);
	}
	if (sym->shndx == LP_SHN_COMMON)
		return ep_refuse("common-data", "%s refers to '%s', a common symbol", where(site),
				 sym->name);
	if (sym->shndx >= elf->n_sections)
		return refuse_kind(site, "an absolute symbol");
	/* What is meant, for symbols that only mark a section: `.rodata.str1.1 + 0x14 - 4`. */
	if (lp_info_kind(sym))
		off = (s64)sym->value;
	else if (site->rel->type == R_X86_64_PC32 || site->rel->type == R_X86_64_PLT32)
		off += ep_is_code(sec) ? ep_reference_end(site->rel) : -(s64)site->off;
	if (site->patch->inputs.items[input].is_raw)
		return ep_resolve_raw(site->patch, input, site->rel->sym, off, &site->to);
	return ep_place_defined(site->patch, input, sym, off, &site->to);
}

/* Can the loader follow the reference? */
static struct lp_err *check_site(struct site *site)
{
	return site->patch->target->flavour->check_reference(site->patch, where(site),
							     site->rel->type, &site->to);
}

static struct lp_err *bind_piece(struct ep_patch *patch, u32 idx)
{
	const struct ep_piece piece = patch->pieces.items[idx];
	const struct lp_elf *elf;
	const struct lp_section *sec;

	if (piece.input == EP_SYNTHETIC)
		return NULL;
	elf = patch->inputs.items[piece.input].elf;
	sec = &elf->sections[piece.section];
	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++) {
		const struct lp_reloc *rel = &elf->rels[i];
		struct site site = { patch, idx, rel->off - piece.off, rel, { 0 } };

		if (rel->type == R_X86_64_NONE || rel->off < piece.off ||
		    rel->off >= piece.off + piece.size)
			continue;
		if (!piece.bytes || !lp_in_range(site.off, lp_reloc_width(rel->type), piece.size))
			return lp_err(LP_FAILED, "%s: %s: field leaves its piece", elf->path,
				      where(&site));
		if (ep_table_keeps(patch, idx, rel, &site.to)) {
			ep_fix_add(patch, idx, site.off, R_X86_64_64, &site.to, 0);
			continue;
		}
		LP_TRY(resolve(&site));
		LP_TRY(check_site(&site));
		LP_TRY(bind_site(&site));
	}
	return NULL;
}

struct lp_err *ep_bind(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->funcs.n; i++) {
		struct ep_func *func = &patch->funcs.items[i];
		const struct lp_symbol *sym =
			&patch->inputs.items[func->input].elf->symbols[func->new_sym];
		u64 start;

		LP_TRY(ep_piece_at(patch, func->input, sym->shndx, (s64)sym->value, &func->piece,
				   &start));
	}
	LP_TRY(ep_add_tables(patch));
	LP_TRY(ep_add_hooks(patch));
	/* The list grows while it is walked. */
	for (u32 i = 0; i < patch->pieces.n; i++) {
		struct lp_err *err = bind_piece(patch, i);

		if (err)
			return lp_err_context(
				err, "while placing '%s'",
				patch->pieces.items[i].name ? patch->pieces.items[i].name : "data");
	}
	return NULL;
}
