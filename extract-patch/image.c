// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In each field of the image is the value that the reference has in this executable, with the
 * instruction rewritten where the linker rewrote it. What a reference leads to decides what its
 * field must hold: an address that is known by name; a library function, reached through its PLT
 * entry or GOT slot; or something without a name (a string, a constant, a jump table), where the
 * executable's own field is followed and the contents are compared instead.
 */
#include "extract-patch/image.h"

#include <string.h>

#include "extract-patch/relax.h"
#include "extract-patch/stack.h"

/* A pointer to a pointer to a string is as deep as constants go in practice. */
#define MAX_DEPTH 6

static void put32(struct ep_image *image, u64 off, s64 value)
{
	s32 field = (s32)value;

	memcpy(image->want + off, &field, sizeof(field));
}

static s64 get32(const struct ep_image *image, u64 off)
{
	s32 field;

	memcpy(&field, image->have + off, sizeof(field));
	return field;
}

/* The executable's field is as good as any: what it leads to was checked. */
static void accept(struct ep_image *image, u64 off, u64 len)
{
	if (lp_in_range(off, len, image->size))
		memcpy(image->want + off, image->have + off, len);
}

static void reject(struct ep_image *image, u64 off, const char *why)
{
	/* Make sure that it is seen, whatever the field holds. */
	image->want[off] = (u8)~image->have[off];
	if (!image->why || off < image->why_off) {
		image->why = why;
		image->why_off = off;
	}
}

static void reject_absent(struct ep_image *image, u64 off, const struct lp_symbol *sym)
{
	const char *why = image->error;

	if (!why)
		why = lp_printf(image->patch->arena, "a reference to '%s', which is not there",
				sym->name);
	reject(image, off, why);
}

static bool same_contents(struct ep_image *image, const struct lp_symbol *sym, s64 off, u64 addr)
{
	const struct lp_elf *elf = image->elf;
	struct ep_image sub = { .patch = image->patch,
				.input = image->input,
				.elf = elf,
				.depth = image->depth + 1,
				.section = sym->shndx };
	struct ep_range range;
	struct lp_err *err = ep_range_at(elf, sym->shndx, off, &range);
	u64 ignored;

	if (err || sub.depth > MAX_DEPTH) {
		lp_err_destroy(err);
		return false;
	}
	/* The other half of a function is compared with its own, by name. */
	sub.base = range.off;
	sub.size = range.size;
	sub.addr = addr - ((u64)off - range.off);
	sub.code_section = image->code_section;
	sub.code_base = image->code_base;
	sub.code_addr = image->code_addr;
	return ep_image_matches(&sub, &ignored);
}

/* Remembers why something could not be found, and forgets the error. */
static bool note_error(struct ep_image *image, struct lp_err *err)
{
	if (err)
		image->error = lp_strdup(image->patch->arena, lp_err_message(err));
	lp_err_destroy(err);
	return err;
}

/* The address of what the relocation's symbol stands for, if a name tells it. */
static bool known_address(struct ep_image *image, const struct lp_symbol *sym, u32 idx, s64 off,
			  struct ep_place *place)
{
	const struct ep_input *input = &image->patch->inputs.items[image->input];
	struct ep_range range;
	struct ep_match match = { 0 };
	struct lp_err *err;

	if (sym->shndx == SHN_UNDEF) {
		err = ep_resolve_name(image->patch, image->input, idx, place);
		return !note_error(image, err);
	}
	if (sym->shndx == image->code_section) {
		*place = (struct ep_place){ .to = EP_TO_EXE, .addr = image->code_addr };
		place->off = (s64)(sym->value - image->code_base);
		return true;
	}
	/* Common and absolute symbols are in no section. */
	if (!input->is_raw || sym->shndx >= image->elf->n_sections)
		return false;
	err = ep_range_at(image->elf, sym->shndx, off, &range);
	if (!err && range.sym && lp_info_kind(&image->elf->symbols[range.sym]) &&
	    (image->elf->sections[sym->shndx].flags & (SHF_WRITE | SHF_EXECINSTR | SHF_TLS)))
		err = ep_find_raw(image->patch, image->input, range.sym, &match);
	if (note_error(image, err) || !match.sym)
		return false;
	*place = ep_place_of(image->patch->target, &match);
	place->off = (s64)(sym->value - image->elf->symbols[range.sym].value);
	return true;
}

/* Through the PLT, or through the slot that the linker left in a `call *`. */
static void want_library(struct ep_image *image, u64 off, const struct ep_place *place)
{
	u64 dest = image->addr + off + 4 + (u64)get32(image, off);
	const char *name = ep_plt_name(image->patch->target, dest);

	if (name && !strcmp(name, place->name))
		accept(image, off, 4);
	else
		reject(image, off,
		       lp_printf(image->patch->arena, "a call of the library's '%s' is expected",
				 place->name));
}

static void want_pcrel(struct ep_image *image, const struct lp_reloc *rel, u64 off)
{
	const struct lp_symbol *sym = &image->elf->symbols[rel->sym];
	s64 end = ep_reference_end(rel);
	bool in_code = ep_is_code(&image->elf->sections[image->section]);
	s64 target = ep_sum(sym->value, rel->addend + (in_code ? end : -(s64)off));
	u64 value = image->addr + off + (u64)get32(image, off);
	struct ep_place place;

	if (sym->type == STT_FUNC || sym->type == STT_OBJECT)
		target = (s64)sym->value;
	if (known_address(image, sym, rel->sym, target, &place)) {
		if (place.to == EP_TO_IMPORT)
			want_library(image, off, &place);
		else if (place.to == EP_TO_EXE)
			put32(image, off,
			      (s64)(place.addr + (u64)place.off + (u64)rel->addend - image->addr -
				    off));
		else
			reject(image, off, "a reference to something new");
		return;
	}
	if (sym->shndx == SHN_UNDEF || sym->shndx >= image->elf->n_sections) {
		reject_absent(image, off, sym);
		return;
	}
	/* VALUE is S + A; what is meant lies TARGET - (S + A) behind it. */
	if (same_contents(image, sym, target, value + (u64)target - sym->value - (u64)rel->addend))
		accept(image, off, 4);
	else
		reject(image, off, "other data is referred to");
}

/* The GOT slot at ADDR holds the address that PLACE stands for. */
static bool slot_holds(const struct ep_target *target, u64 addr, const struct ep_place *place)
{
	const struct ep_dynrel *rel = ep_dynrel_at(target, addr);
	const u8 *bytes = ep_target_bytes(target, addr, 8);
	u64 word = 0;

	if (rel && rel->dyn)
		return place->name && !strcmp(target->dyns.items[rel->dyn].name, place->name);
	if (bytes)
		memcpy(&word, bytes, sizeof(word));
	if (rel && rel->type == R_X86_64_IRELATIVE)
		word = ep_ifunc_entry(target, (u64)rel->addend);
	else if (rel)
		word = (u64)rel->addend;
	return place->to == EP_TO_EXE && word == place->addr + (u64)place->off;
}

static void want_got(struct ep_image *image, const struct lp_reloc *rel, u64 off)
{
	const struct lp_symbol *sym = &image->elf->symbols[rel->sym];
	u8 *trial = lp_memdup(image->patch->arena, image->want, image->size);
	struct ep_place place;
	u64 at;

	if (!known_address(image, sym, rel->sym, (s64)sym->value, &place)) {
		reject_absent(image, off, sym);
		return;
	}
	/* Relaxed by the linker? Then the opcode shows it. */
	if (place.to == EP_TO_EXE && ep_relax_got(trial, image->size, off, &at) &&
	    !memcmp(trial + off - 2, image->have + off - 2, at == off ? 2 : 1)) {
		memcpy(image->want, trial, image->size);
		put32(image, at,
		      (s64)(place.addr + (u64)place.off + (u64)rel->addend - image->addr - at));
		return;
	}
	if (slot_holds(image->patch->target, image->addr + off + 4 + (u64)get32(image, off),
		       &place))
		accept(image, off, 4);
	else
		reject(image, off,
		       lp_printf(image->patch->arena, "the GOT slot of '%s' is expected",
				 sym->name));
}

static void want_tls(struct ep_image *image, const struct lp_reloc *rel, u64 off)
{
	const struct lp_symbol *sym = &image->elf->symbols[rel->sym];
	u8 *trial = lp_memdup(image->patch->arena, image->want, image->size);
	struct ep_place place;

	if (!known_address(image, sym, rel->sym, (s64)sym->value, &place) ||
	    place.to != EP_TO_TLS) {
		reject(image, off, "an unknown thread-local variable");
		return;
	}
	if (rel->type == R_X86_64_TPOFF32) {
		put32(image, off, (s64)((u64)place.tpoff + (u64)place.off + (u64)rel->addend));
		return;
	}
	if (ep_relax_tls(trial, image->size, off, (s32)place.tpoff) &&
	    !memcmp(trial + off - 3, image->have + off - 3, 3)) {
		memcpy(image->want, trial, image->size);
		return;
	}
	memcpy(trial, image->want, image->size);
	if (ep_relax_tls_lea(trial, image->size, off, (s32)place.tpoff)) {
		memcpy(image->want, trial, image->size);
		return;
	}
	reject(image, off, "an unknown access to a thread-local variable");
}

/* A pointer in data, which the dynamic linker relocates. */
static void want_pointer(struct ep_image *image, const struct lp_reloc *rel, u64 off)
{
	const struct lp_symbol *sym = &image->elf->symbols[rel->sym];
	const struct ep_dynrel *dyn = ep_dynrel_at(image->patch->target, image->addr + off);
	s64 target = ep_sum(sym->value, rel->addend);
	struct ep_place place;
	u64 value;

	memcpy(&value, image->have + off, sizeof(value));
	if (dyn)
		value = (u64)dyn->addend;
	if (sym->type == STT_FUNC || sym->type == STT_OBJECT)
		target = (s64)sym->value;
	if (known_address(image, sym, rel->sym, target, &place)) {
		bool is_it =
			place.to == EP_TO_EXE
				? value == place.addr + (u64)place.off + (u64)rel->addend
				: dyn && dyn->dyn && place.to == EP_TO_IMPORT &&
					  !strcmp(image->patch->target->dyns.items[dyn->dyn].name,
						  place.name);
		if (is_it)
			accept(image, off, 8);
		else
			reject(image, off, "another pointer");
		return;
	}
	if (sym->shndx != SHN_UNDEF && sym->shndx < image->elf->n_sections &&
	    same_contents(image, sym, target, value + (u64)target - sym->value - (u64)rel->addend))
		accept(image, off, 8);
	else
		reject(image, off, "a pointer to other data");
}

static void want(struct ep_image *image, const struct lp_reloc *rel)
{
	u64 off = rel->off - image->base;

	switch (rel->type) {
	case R_X86_64_NONE: /* create-diff-object: as many bytes as the addend are not compared */
		accept(image, off, (u64)rel->addend);
		return;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		want_pcrel(image, rel, off);
		return;
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		want_got(image, rel, off);
		return;
	case R_X86_64_GOTTPOFF:
	case R_X86_64_TPOFF32:
		want_tls(image, rel, off);
		return;
	case R_X86_64_64:
		want_pointer(image, rel, off);
		return;
	default:
		reject(image, off,
		       lp_printf(image->patch->arena, "relocation %s", lp_reloc_name(rel->type)));
	}
}

bool ep_image_matches(struct ep_image *image, u64 *ret_off)
{
	const struct lp_section *sec = &image->elf->sections[image->section];

	*ret_off = 0;
	image->have = ep_target_bytes(image->patch->target, image->addr, image->size);
	if (!image->have || !sec->data || !lp_in_range(image->base, image->size, sec->size))
		return false;
	image->want = lp_memdup(image->patch->arena, sec->data + image->base, image->size);
	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++) {
		const struct lp_reloc *rel = &image->elf->rels[i];
		u32 width = rel->type == R_X86_64_NONE ? 0 : lp_reloc_width(rel->type);

		if (rel->off >= image->base &&
		    lp_in_range(rel->off - image->base, width, image->size))
			want(image, rel);
	}
	while (*ret_off < image->size && image->want[*ret_off] == image->have[*ret_off])
		++*ret_off;
	return *ret_off == image->size;
}
