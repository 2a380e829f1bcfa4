// SPDX-License-Identifier: GPL-2.0-or-later
/* A payload's .livepatch.funcs, read without trust. */
#include <string.h>

#include "extract-patch/flavour.h"
#include "review/model.h"
#include "runtime/payload.h"

/* The symbol and addend that fill the 8 bytes at OFF of SECTION. */
static const struct lp_reloc *pointer_at(const struct lp_elf *elf, u32 section, u64 off)
{
	const struct lp_reloc *rel = rv_reloc_at(elf, section, off);

	return rel && rel->type == R_X86_64_64 ? rel : NULL;
}

/* The place inside of the payload that the pointer leads to; false when it leads elsewhere. */
static bool place_of(const struct lp_elf *elf, const struct lp_reloc *rel, u32 *ret_section,
		     u64 *ret_off)
{
	const struct lp_symbol *sym = rel ? &elf->symbols[rel->sym] : NULL;

	if (!sym || !sym->shndx || sym->shndx >= elf->n_sections)
		return false;
	*ret_section = sym->shndx;
	*ret_off = sym->value + (u64)rel->addend;
	return *ret_off < elf->sections[sym->shndx].size;
}

const struct ep_flavour *rv_flavour(const struct rv_maker *m)
{
	return ep_flavour_of(m->input->manifest.target.recipe);
}

bool rv_has_names_only(const struct rv_maker *m)
{
	return rv_flavour(m)->looks_up_names;
}

bool rv_place_of(const struct lp_elf *elf, u32 sym, struct livepatch_below *ret)
{
	u32 list = lp_elf_section(elf, LIVEPATCH_SEC_BELOW);
	const struct lp_section *sec = &elf->sections[list];
	u64 off = elf->symbols[sym].value;

	if (!list || elf->symbols[sym].shndx != list || !sec->data || off % sizeof(*ret) ||
	    !lp_in_range(off, sizeof(*ret), sec->size))
		return false;
	memcpy(ret, sec->data + off, sizeof(*ret));
	return true;
}

/* What is replaced: an address, a place in a payload below, or, if the loader finds it, a name. */
static bool read_old(const struct rv_maker *m, const struct lp_elf *elf, const struct lp_reloc *old,
		     struct rv_func *func)
{
	if (!old)
		return rv_has_names_only(m);
	if (elf->symbols[old->sym].shndx == LP_SHN_ABS) {
		func->old_addr = elf->symbols[old->sym].value + (u64)old->addend;
		return true;
	}
	func->has_place = !old->addend && rv_place_of(elf, old->sym, &func->place);
	return func->has_place;
}

static struct lp_err *read_func(struct rv_maker *m, const struct lp_elf *elf, u32 section, u64 off,
				struct rv_funcs *ret)
{
	const u8 *bytes = elf->sections[section].data + off;
	struct livepatch_func entry;
	struct rv_func func;
	u32 name_section;
	u64 name_off;

	memcpy(&entry, bytes, sizeof(entry));
	func = (struct rv_func){
		.old_size = entry.old_size,
		.new_size = entry.new_size,
		.expect = bytes + offsetof(struct livepatch_func, expect.data),
		.expect_len = entry.expect.flags >> 1 & 31,
	};
	if (!place_of(elf, pointer_at(elf, section, off), &name_section, &name_off) ||
	    !place_of(elf,
		      pointer_at(elf, section, off + offsetof(struct livepatch_func, new_addr)),
		      &func.new_section, &func.new_off) ||
	    !read_old(m, elf,
		      pointer_at(elf, section, off + offsetof(struct livepatch_func, old_addr)),
		      &func))
		return lp_err(LP_FAILED,
			      "'%s': entry at +0x%llx of %s has no name, code or address",
			      elf->path, (unsigned long long)off, LIVEPATCH_SEC_FUNCS);
	func.name = lp_section_string(&elf->sections[name_section], name_off);
	if (!func.name)
		return lp_err(LP_FAILED, "'%s': entry at +0x%llx of %s has a name without an end",
			      elf->path, (unsigned long long)off, LIVEPATCH_SEC_FUNCS);
	lp_vec_push(m->arena, ret, func);
	return NULL;
}

struct lp_err *rv_read_funcs(struct rv_maker *m, const struct lp_elf *elf, struct rv_funcs *ret)
{
	u32 section = lp_elf_section(elf, LIVEPATCH_SEC_FUNCS);
	const struct lp_section *sec = &elf->sections[section];

	if (!section)
		return NULL;
	if (!sec->data || sec->size % sizeof(struct livepatch_func) ||
	    sec->size / sizeof(struct livepatch_func) > LIVEPATCH_MAX_FUNCS)
		return lp_err(LP_FAILED, "'%s': section %s is not a list of functions", elf->path,
			      LIVEPATCH_SEC_FUNCS);
	for (u64 off = 0; off < sec->size; off += sizeof(struct livepatch_func))
		LP_TRY(read_func(m, elf, section, off, ret));
	return NULL;
}

const struct rv_func *rv_find_func(const struct rv_maker *m, const struct lp_m_function *f)
{
	for (size_t i = 0; i < m->funcs.n; i++) {
		const struct rv_func *func = &m->funcs.items[i];

		/* What payloads below have brought along has no address that tells it apart. */
		if (rv_has_names_only(m)
			    ? func->new_off == f->new.offset
			    : func->old_addr == f->old.address && !strcmp(func->name, f->name) &&
				      (!func->has_place || func->new_off == f->new.offset))
			return func;
	}
	return NULL;
}
