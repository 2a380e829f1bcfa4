// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof that a payload below has the original of a function, as prove.c gives it for the
 * executable. Where the runtime will place the payload is not known, so that references are
 * compared by what they lead to: a name; a place in the function itself; or something without a
 * name (a string, a constant, a jump table), whose contents are compared in the same way.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"
#include "extract-patch/stack.h"

/* A table of pointers to strings, as for the executable. */
#define MAX_DEPTH 6

struct proof {
	struct ep_patch *patch;
	u32 input;
	const struct lp_elf *in, *payload;
	const struct lp_symbol *old, *now; /* the code under comparison, in each of them */
	u32 depth;
	const char *why; /* they differ */
	u64 why_off;	 /* in the code */
};

/* A run of bytes of the original, and where the payload should have them. */
struct run {
	u32 section;
	u64 off, size;
	u32 now_section;
	u64 now_off;
};

/* What a field of the payload leads to. */
struct spot {
	enum { SPOT_NOWHERE, SPOT_PAYLOAD, SPOT_EXE, SPOT_NAME } kind;
	u32 section;
	u64 off; /* or address */
	const char *name;
};

static bool proves(struct proof *p, const struct run *run);

/* Marks what the two may differ in: fields that are relocated, and the instruction before a field
 * that extract-patch rewrites when it settles a reference (call, mov, add; relax.c). */
static void mask_fields(const struct lp_elf *elf, const struct run *run, u8 *mask)
{
	const struct lp_section *sec = &elf->sections[run->section];

	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++) {
		const struct lp_reloc *rel = &elf->rels[i];
		bool is_none = rel->type == R_X86_64_NONE;
		u64 first = rel->off - run->off;
		u64 width = is_none ? (u64)rel->addend : lp_reloc_width(rel->type);

		if (rel->off < run->off || !lp_in_range(first, width, run->size))
			continue;
		if (!is_none && rel->type != R_X86_64_PC32 && rel->type != R_X86_64_PLT32 &&
		    rel->type != R_X86_64_64) {
			width += first < 3 ? first : 3;
			first -= first < 3 ? first : 3;
		}
		memset(mask + first, 1, width);
	}
}

/* "f@plt", "f@slot", "f@GLIBC_2.2.5"; "common/f.c#f" and "f@PATCH" of Xen: f. */
static bool same_base(const char *payload_name, const char *name)
{
	const char *hash = strrchr(payload_name, '#');

	payload_name = hash ? hash + 1 : payload_name;
	size_t len = strcspn(payload_name, "@");

	return len == strcspn(name, "@") && !strncmp(payload_name, name, len);
}

/* Where the relocation REL of the payload leads to, SHIFT bytes further on. */
static struct spot spot_of_reloc(const struct lp_elf *elf, const struct lp_reloc *rel, s64 shift)
{
	const struct lp_symbol *sym = &elf->symbols[rel->sym];
	u64 at = sym->value + (u64)rel->addend + (u64)shift;
	struct spot spot = { SPOT_NAME, 0, at, sym->type == STT_SECTION ? NULL : sym->name };

	if (sym->shndx == LP_SHN_ABS)
		spot.kind = SPOT_EXE;
	else if (sym->shndx != SHN_UNDEF && sym->shndx < elf->n_sections)
		spot = (struct spot){ SPOT_PAYLOAD, sym->shndx, at, spot.name };
	return spot;
}

/*
 * What the field at OFF of SECTION of the payload leads to, SHIFT bytes behind S + A. Within one
 * section there is no relocation any more.
 */
static struct spot spot_at(const struct lp_elf *elf, u32 section, u64 off, u32 width, s64 shift)
{
	const struct lp_section *sec = &elf->sections[section];
	struct spot spot = { .section = section };
	s32 disp;
	u32 sym;

	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++)
		if (elf->rels[i].off == off)
			return spot_of_reloc(elf, &elf->rels[i], shift);
	if (width != sizeof(disp) || !sec->data || !lp_in_range(off, sizeof(disp), sec->size))
		return spot;
	memcpy(&disp, sec->data + off, sizeof(disp));
	spot.off = off + (u64)(s64)disp + (u64)shift;
	if (spot.off >= sec->size)
		return spot;
	spot.kind = SPOT_PAYLOAD;
	sym = lp_elf_symbol_at(elf, section, spot.off);
	if (sym && elf->symbols[sym].value == spot.off)
		spot.name = elf->symbols[sym].name;
	return spot;
}

/* The SIZE bytes of the executable at ADDR, which no relocation touches, are those of the run. */
static bool is_in_executable(const struct proof *p, const struct run *run, u64 addr)
{
	const u8 *bytes = p->in->sections[run->section].data + run->off;
	const u8 *have = ep_target_bytes(p->patch->target, addr, run->size);

	return have && ep_target_is_constant(p->patch->target, addr, run->size) &&
	       !memcmp(have, bytes, run->size);
}

/* TARGET of the section of SYM, which is in the original object and has no name elsewhere. */
static bool leads_to(struct proof *p, const struct lp_symbol *sym, s64 target,
		     const struct spot *spot)
{
	struct ep_range range;
	struct run run;
	struct lp_err *err;
	bool same;

	if (sym->shndx == p->old->shndx)
		return spot->kind == SPOT_PAYLOAD && spot->section == p->now->shndx &&
		       spot->off - p->now->value == (u64)target - p->old->value;
	if (sym->shndx >= p->in->n_sections || !p->in->sections[sym->shndx].data ||
	    p->depth == MAX_DEPTH)
		return false;
	err = ep_range_at(p->in, sym->shndx, target, &range);
	lp_err_destroy(err);
	if (err)
		return false;
	run = (struct run){ sym->shndx, range.off, range.size, spot->section,
			    spot->off - ((u64)target - range.off) };
	if (spot->kind == SPOT_EXE)
		return is_in_executable(p, &run, run.now_off);
	if (spot->kind != SPOT_PAYLOAD)
		return false;
	p->depth++;
	same = proves(p, &run);
	p->depth--;
	return same;
}

/* Where the payload names what it refers to, it must be what the original refers to. */
static const char *other_name(const struct proof *p, const struct lp_symbol *sym, const char *have)
{
	const char *object, *name;

	if (!*sym->name || !have || !*have)
		return NULL;
	(void)lp_mark_parse(p->patch->arena, sym->name, &object, &name);
	(void)lp_mark_position(p->patch->arena, &name);
	return same_base(have, name) ? NULL
				     : lp_printf(p->patch->arena,
						 "it refers to '%s' instead of '%s'", have, name);
}

/* From S + A of a field in the run to what it is about; false for a kind of field that is settled
 * through a slot or by another instruction. */
static bool shift_of(const struct proof *p, const struct run *run, const struct lp_reloc *rel,
		     s64 *ret)
{
	*ret = 0;
	if (rel->type == R_X86_64_64)
		return true;
	if (rel->type != R_X86_64_PC32 && rel->type != R_X86_64_PLT32)
		return false;
	*ret = ep_is_code(&p->in->sections[run->section]) ? ep_reference_end(rel)
							  : -(s64)(rel->off - run->off);
	return true;
}

/* Are the bytes of the executable at ADDR those of the __func__ at PLACE? The patch below may have
 * taken another one that is the same (constants.c). */
static bool is_same_function_name(const struct proof *p, const struct ep_place *place, u64 addr)
{
	const struct ep_target *target = p->patch->target;
	const u8 *want = ep_target_bytes(target, place->addr, place->size);
	const u8 *have = ep_target_bytes(target, addr, place->size);

	return ep_is_function_name(place->name) && want && have &&
	       ep_target_is_constant(target, place->addr, place->size) &&
	       ep_target_is_constant(target, addr, place->size) && !memcmp(want, have, place->size);
}

/* OFF behind PLACE is meant; SPOT is outside of the payload. */
static const char *other_place(const struct proof *p, const struct lp_symbol *sym,
			       const struct spot *spot, const struct ep_place *place, s64 off)
{
	const struct ep_flavour *flavour = p->patch->target->flavour;
	const char *name = NULL;
	u64 base = 0;

	if (spot->kind == SPOT_EXE && place->to == EP_TO_EXE)
		base = place->addr;
	else if (spot->kind == SPOT_NAME && place->to == EP_TO_EXE && place->sym)
		name = flavour->symbol_name(p->patch, place->sym);
	else if (spot->kind == SPOT_NAME && place->to == EP_TO_BELOW)
		name = place->name;
	if (!name && !base)
		return other_name(p, sym, spot->name);
	if (base && is_same_function_name(p, place, spot->off - (u64)(place->off + off)))
		return NULL;
	if (spot->off == base + (u64)place->off + (u64)off &&
	    (!name || (spot->name && !strcmp(name, spot->name))))
		return NULL;
	return lp_printf(p->patch->arena, "'%s' is not referred to", place->name);
}

/* The original names what REL leads to: an address of the executable, or a thing of the payload,
 * such as this function when its jump table leads back to it. */
static const char *other_named(struct proof *p, const struct run *run, const struct lp_reloc *rel)
{
	const struct lp_symbol *sym = &p->in->symbols[rel->sym];
	u64 at = run->now_off + rel->off - run->off;
	struct ep_place place;
	struct spot spot;
	struct lp_err *err;
	s64 shift;
	u32 idx;

	if (!shift_of(p, run, rel, &shift))
		return other_name(p, sym, spot_at(p->payload, run->now_section, at, 4, 4).name);
	spot = spot_at(p->payload, run->now_section, at, lp_reloc_width(rel->type), shift);
	if (spot.kind == SPOT_PAYLOAD) {
		idx = lp_elf_symbol_at(p->payload, spot.section, spot.off);
		if (idx && spot.off - p->payload->symbols[idx].value != (u64)(rel->addend + shift))
			return lp_printf(p->patch->arena, "it refers to another part of '%s'",
					 p->payload->symbols[idx].name);
		return other_name(p, sym, p->payload->symbols[idx].name);
	}
	err = ep_resolve_name(p->patch, p->input, rel->sym, &place);
	lp_err_destroy(err);
	return err ? other_name(p, sym, spot.name)
		   : other_place(p, sym, &spot, &place, rel->addend + shift);
}

/* NULL if the field of REL in the run leads to the same in both. */
static const char *other_target(struct proof *p, const struct run *run, const struct lp_reloc *rel)
{
	const struct lp_symbol *sym = &p->in->symbols[rel->sym];
	u64 at = run->now_off + rel->off - run->off;
	struct spot spot;
	s64 shift;

	if (sym->shndx == SHN_UNDEF)
		return other_named(p, run, rel);
	if (!shift_of(p, run, rel, &shift))
		return lp_printf(p->patch->arena, "relocation %s", lp_reloc_name(rel->type));
	spot = spot_at(p->payload, run->now_section, at, lp_reloc_width(rel->type), shift);
	return leads_to(p, sym, ep_sum(sym->value, rel->addend + shift), &spot)
		       ? NULL
		       : "other data is referred to";
}

static bool proves(struct proof *p, const struct run *run)
{
	const struct lp_section *sec = &p->in->sections[run->section];
	const struct lp_section *now = &p->payload->sections[run->now_section];
	u8 *mask = lp_alloc(p->patch->arena, run->size);
	u64 off = 0;

	if (!sec->data || !now->data || !lp_in_range(run->off, run->size, sec->size) ||
	    !lp_in_range(run->now_off, run->size, now->size))
		return false;
	mask_fields(p->in, run, mask);
	while (off < run->size &&
	       (mask[off] || now->data[run->now_off + off] == sec->data[run->off + off]))
		off++;
	if (off < run->size) {
		p->why = "the code is another";
		p->why_off = off;
		return false;
	}
	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++) {
		const struct lp_reloc *rel = &p->in->rels[i];
		const char *why;

		off = rel->off - run->off;
		if (rel->type == R_X86_64_NONE || rel->off < run->off ||
		    !lp_in_range(off, lp_reloc_width(rel->type), run->size))
			continue;
		why = other_target(p, run, rel);
		if (!why)
			continue;
		p->why = why;
		p->why_off = off;
		return false;
	}
	return true;
}

/* The original OLD (lp.old!..) of the code NAME, which the payload below has at PLACE. */
static struct lp_err *prove_code(struct ep_patch *patch, u32 input, u32 old, const char *name,
				 const struct ep_place *place)
{
	struct proof p = { .patch = patch,
			   .input = input,
			   .in = patch->inputs.items[input].elf,
			   .payload = patch->below.items[place->below].payload };
	struct run run;

	p.old = &p.in->symbols[old];
	p.now = &p.payload->symbols[place->sym];
	if (p.old->size != place->size)
		return ep_refuse(
			"size-mismatch",
			"function '%s' has %llu bytes in '%s', %llu in the original object", name,
			(unsigned long long)place->size, p.payload->path,
			(unsigned long long)p.old->size);
	run = (struct run){ p.old->shndx, p.old->value, p.old->size, p.now->shndx, p.now->value };
	if (proves(&p, &run))
		return NULL;
	return ep_refuse("not-proved", "cannot prove '%s': '%s' differs at +0x%llx: %s", name,
			 p.payload->path, (unsigned long long)p.why_off,
			 p.why ? p.why : "it ends too early");
}

struct lp_err *ep_prove_below(struct ep_patch *patch, const struct ep_func *func)
{
	LP_TRY(prove_code(patch, func->input, func->old_sym, func->name, &func->below));
	if (!func->cold.is_below)
		return NULL;
	return prove_code(patch, func->input, func->cold.old_sym, func->cold.name,
			  &func->cold.below);
}
