// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How to unwind through the new code: of each input's .eh_frame the records of the functions that
 * are carried, and a CIE that they share. Format as in create-diff-object/frames.c; an end mark
 * (a length of zero) closes the section, so that it can be given to the unwinder as it is.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/patch.h"

struct record { /* of an .eh_frame */
	u64 off, size;
	u64 cie; /* offset of its CIE; its own for one that is a CIE */
};

struct frames {
	struct ep_patch *patch;
	u32 input, section; /* the .eh_frame that is read */
	LP_VEC(u8) out;
	LP_VEC(struct ep_fix) fixes; /* their piece is filled in last */
	struct lp_map cies;	     /* bytes of a CIE -> its offset in OUT */
};

static u32 get_u32(const u8 *p)
{
	u32 value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static const struct lp_elf *elf_of(const struct frames *f)
{
	return f->patch->inputs.items[f->input].elf;
}

/* False at the end of the section, or of what can be understood of it. */
static bool read_record(const struct lp_section *sec, u64 off, struct record *ret)
{
	u32 back;

	if (!lp_in_range(off, 8, sec->size))
		return false;
	*ret = (struct record){ off, (u64)get_u32(sec->data + off) + 4, off };
	if (ret->size < 12 || !lp_in_range(off, ret->size, sec->size))
		return false;
	back = get_u32(sec->data + off + 4);
	if (back > off + 4)
		return false;
	if (back)
		ret->cie = off + 4 - back;
	return true;
}

static u64 append(struct frames *f, const u8 *bytes, u64 size)
{
	u64 at = f->out.n;

	for (u64 i = 0; i < size; i++)
		lp_vec_push(f->patch->arena, &f->out, bytes[i]);
	return at;
}

/* Equal CIEs of several inputs are one. A personality routine would need a relocation. */
static bool need_cie(struct frames *f, u64 off, u64 *ret)
{
	const struct lp_section *sec = &elf_of(f)->sections[f->section];
	struct record cie;
	u32 known;

	if (!read_record(sec, off, &cie) || cie.cie != off)
		return false;
	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++)
		if (elf_of(f)->rels[i].off >= off && elf_of(f)->rels[i].off < off + cie.size)
			return false;
	known = lp_map_get(&f->cies, sec->data + off, cie.size);
	if (known == LP_MAP_NONE) {
		known = (u32)append(f, sec->data + off, cie.size);
		lp_map_set(f->patch->arena, &f->cies, sec->data + off, cie.size, known);
	}
	*ret = known;
	return true;
}

/* The piece that the record at OFF describes, if it is carried. */
static bool find_piece(const struct frames *f, const struct lp_reloc *rel, u32 *ret)
{
	const struct lp_symbol *sym = &elf_of(f)->symbols[rel->sym];
	u64 off = sym->value + (u64)rel->addend;

	for (u32 i = 0; i < f->patch->pieces.n; i++) {
		const struct ep_piece *piece = &f->patch->pieces.items[i];

		if (piece->input == f->input && piece->section == sym->shndx &&
		    piece->area == EP_TEXT && piece->off == off) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static void put_fde(struct frames *f, const struct record *fde, const struct lp_reloc *rel)
{
	const u8 *bytes = elf_of(f)->sections[f->section].data + fde->off;
	struct ep_fix fix = { .type = R_X86_64_PC32, .to = { .to = EP_TO_PIECE } };
	u64 cie, at;
	u32 back;

	if (rel->type != R_X86_64_PC32 || !find_piece(f, rel, &fix.to.piece) ||
	    !need_cie(f, fde->cie, &cie))
		return;
	at = append(f, bytes, fde->size);
	back = (u32)(at + 4 - cie);
	memcpy(f->out.items + at + 4, &back, sizeof(back));
	fix.off = at + 8;
	lp_vec_push(f->patch->arena, &f->fixes, fix);
}

static void read_input(struct frames *f)
{
	const struct lp_section *sec = &elf_of(f)->sections[f->section];
	struct record record;
	u32 rel = sec->rel_first;

	for (u64 off = 0; sec->data && read_record(sec, off, &record); off += record.size) {
		while (rel < sec->rel_first + sec->n_rels && elf_of(f)->rels[rel].off < off + 8)
			rel++;
		if (record.cie != off && rel < sec->rel_first + sec->n_rels &&
		    elf_of(f)->rels[rel].off == off + 8)
			put_fde(f, &record, &elf_of(f)->rels[rel]);
	}
}

void ep_add_frames(struct ep_patch *patch)
{
	struct frames f = { .patch = patch };
	static const u8 end[4];
	u32 piece;

	if (!patch->target->flavour->has_frames)
		return;
	for (u32 i = 0; i < patch->inputs.n; i++) {
		f.input = i;
		f.section = lp_elf_section(elf_of(&f), ".eh_frame");
		if (f.section)
			read_input(&f);
	}
	if (!f.out.n)
		return;
	(void)append(&f, end, sizeof(end));
	piece = ep_piece_add(patch, EP_FRAMES, NULL, STT_NOTYPE, f.out.items, f.out.n, 8);
	for (size_t i = 0; i < f.fixes.n; i++) {
		f.fixes.items[i].piece = piece;
		lp_vec_push(patch->arena, &patch->fixes, f.fixes.items[i]);
	}
}
