// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects of the executable that are overwritten in place: tables of functions, of properties, of
 * fields. The payload carries what memory holds before and what it shall hold. The first comes from
 * the executable itself, pointers and all, once it is proved to be the original object's; the
 * second from the new object, but that its pointers to strings and constants that have not
 * changed stay the running program's: who has copied one keeps it when the patch is removed.
 */
#include <string.h>

#include "extract-patch/patch.h"
#include "extract-patch/rules.h"

static const struct lp_elf *elf_of(const struct ep_patch *patch, const struct ep_table *table)
{
	return patch->inputs.items[table->input].elf;
}

/* ---- finding ---- */

static struct lp_err *check_input(const struct ep_patch *patch, const struct ep_table *table)
{
	const struct lp_elf *elf = elf_of(patch, table);
	const u32 syms[] = { table->new_sym, table->old_sym };

	for (size_t i = 0; i < LP_ARRAY_SIZE(syms); i++) {
		const struct lp_symbol *sym = &elf->symbols[syms[i]];

		if (sym->shndx >= elf->n_sections || sym->size != table->size ||
		    !elf->sections[sym->shndx].data ||
		    !lp_in_range(sym->value, sym->size, elf->sections[sym->shndx].size))
			return lp_err(LP_FAILED, "%s: '%s' does not have the %llu bytes of '%s'",
				      elf->path, sym->name, (unsigned long long)table->size,
				      table->name);
	}
	return NULL;
}

static struct lp_err *locate(struct ep_patch *patch, struct ep_table *table)
{
	const char *path = patch->target->syms->path;
	const struct lp_symbol *sym;

	LP_TRY(check_input(patch, table));
	LP_TRY(ep_find_defined(patch, table->unit, table->name, &table->match));
	sym = &patch->target->syms->symbols[table->match.sym];
	if (!table->match.sym || sym->type != STT_OBJECT ||
	    !ep_target_bytes(patch->target, sym->value, sym->size))
		return ep_refuse("table-not-found",
				 "'%s' of '%s' is not data with contents in '%s'", table->name,
				 table->object, path);
	if (sym->size != table->size || !table->size || table->size > UINT32_MAX)
		return ep_refuse("size-mismatch",
				 "table '%s' has %llu bytes in '%s', %llu in the original object",
				 table->name, (unsigned long long)sym->size, path,
				 (unsigned long long)table->size);
	table->addr = sym->value;
	return NULL;
}

struct lp_err *ep_locate_tables(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->tables.n; i++) {
		struct ep_table *table = &patch->tables.items[i];

		LP_TRY(locate(patch, table));
		for (size_t k = 0; k < i; k++)
			if (patch->tables.items[k].addr == table->addr)
				return ep_refuse("function-twice",
						 "'%s' of '%s' is replaced by '%s' of '%s' as well",
						 table->name, table->object,
						 patch->tables.items[k].name,
						 patch->tables.items[k].object);
	}
	return NULL;
}

/* ---- the proof ---- */

/* Has SYM's section a relocation that fills the 8 bytes at OFF of SYM? create-diff-object marks
 * those that lead to something without a name by R_X86_64_NONE, the width as addend. */
static const struct lp_reloc *pointer_at(const struct lp_elf *elf, const struct lp_symbol *sym,
					 u64 off)
{
	const struct lp_section *sec = &elf->sections[sym->shndx];

	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++) {
		const struct lp_reloc *rel = &elf->rels[i];

		if (rel->off == sym->value + off &&
		    (rel->type == R_X86_64_64 || (rel->type == R_X86_64_NONE && rel->addend == 8)))
			return rel;
	}
	return NULL;
}

static struct lp_err *not_proved(const struct ep_table *table, u64 off, const char *why)
{
	struct lp_err *err = ep_refuse("not-proved",
				       "cannot prove table '%s': the executable's bytes differ at "
				       "+0x%llx, not built from this source, compiler or flags",
				       table->name, (unsigned long long)off);

	return why ? lp_err_context(err, "while looking for its original at 0x%llx: %s",
				    (unsigned long long)table->addr, why)
		   : err;
}

static struct lp_err *prove(struct ep_patch *patch, const struct ep_table *table)
{
	const struct lp_elf *elf = elf_of(patch, table);
	const struct lp_symbol *old = &elf->symbols[table->old_sym];
	struct ep_claim claim = { table->input, old->shndx, old->value, table->size, table->addr };
	const char *why;
	bool same;
	u64 off;

	LP_TRY(ep_compare(patch, &claim, &same, &off, &why));
	if (!same)
		return not_proved(table, off, why);
	/* What the dynamic linker fills in must be pointers of the original, and nothing else. */
	for (size_t i = 0; i < patch->target->rels.n; i++) {
		const struct ep_dynrel *rel = &patch->target->rels.items[i];

		if (rel->addr + 8 <= table->addr || rel->addr >= table->addr + table->size)
			continue;
		if ((rel->type != R_X86_64_RELATIVE && rel->type != R_X86_64_64) ||
		    !pointer_at(elf, old, rel->addr - table->addr))
			return not_proved(table, rel->addr - table->addr,
					  "the dynamic linker writes what the original does not "
					  "have there");
	}
	return NULL;
}

struct lp_err *ep_prove_tables(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->tables.n; i++)
		LP_TRY(prove(patch, &patch->tables.items[i]));
	return NULL;
}

/* ---- contents ---- */

/* For people who read the payload. */
static const char *name_at(const struct ep_target *target, u64 addr)
{
	for (u32 i = 1; i < target->syms->n_symbols; i++) {
		const struct lp_symbol *sym = &target->syms->symbols[i];

		if (sym->value == addr && (sym->type == STT_FUNC || sym->type == STT_OBJECT))
			return sym->name;
	}
	return "data";
}

/* Where the field at OFF, a pointer of the original, leads in the running program. False for a
 * field that holds the same number wherever the program is loaded. */
static bool running_pointer(const struct ep_patch *patch, const struct ep_table *table, u64 off,
			    struct ep_place *ret)
{
	const struct ep_target *target = patch->target;
	const struct ep_dynrel *rel = ep_dynrel_at(target, table->addr + off);
	u64 value;

	memcpy(&value, ep_target_bytes(target, table->addr + off, 8), sizeof(value));
	*ret = (struct ep_place){ .to = EP_TO_EXE, .addr = value };
	if (rel && rel->dyn) {
		const struct ep_dyn *dyn = &target->dyns.items[rel->dyn];

		ret->off = rel->addend;
		ret->name = dyn->name;
		ret->addr = dyn->copy ? dyn->copy : dyn->value;
		if (!ret->addr) {
			ret->to = EP_TO_IMPORT;
			ret->version = dyn->version;
		}
		return true;
	}
	if (rel)
		ret->addr = (u64)rel->addend;
	ret->name = name_at(target, ret->addr);
	/* DT_RELR leaves no record here, but the address in the file. */
	return rel || ((target->has_relr || !target->is_pie) && value);
}

static void add_old(struct ep_patch *patch, struct ep_table *table)
{
	const struct lp_elf *elf = elf_of(patch, table);
	const struct lp_symbol *old = &elf->symbols[table->old_sym];
	const u8 *bytes = ep_target_bytes(patch->target, table->addr, table->size);

	table->old_piece =
		ep_piece_add(patch, EP_RODATA, lp_printf(patch->arena, "%s@old", table->name),
			     STT_OBJECT, bytes, table->size, 8);
	for (u64 off = 0; off + 8 <= table->size; off++) {
		struct ep_place place;

		if (pointer_at(elf, old, off) && running_pointer(patch, table, off, &place))
			ep_fix_add(patch, table->old_piece, off, R_X86_64_64, &place, 0);
	}
}

struct lp_err *ep_add_tables(struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->tables.n; i++) {
		struct ep_table *table = &patch->tables.items[i];
		const struct lp_symbol *sym = &elf_of(patch, table)->symbols[table->new_sym];
		u64 start;

		LP_TRY(ep_piece_at(patch, table->input, sym->shndx, (s64)sym->value,
				   &table->new_piece, &start));
		patch->pieces.items[table->new_piece].name =
			lp_printf(patch->arena, "%s@new", table->name);
		add_old(patch, table);
	}
	return NULL;
}

/* A whole string or constant of the input, which refers to nothing: REL's target. */
static const u8 *constant_of(const struct lp_elf *elf, const struct lp_reloc *rel, u64 *ret_len)
{
	const struct lp_symbol *sym = &elf->symbols[rel->sym];
	s64 off = ep_sum(sym->value, rel->addend);
	const struct lp_section *sec;
	struct ep_range range;
	struct lp_err *err;

	if (rel->type != R_X86_64_64 || sym->shndx == SHN_UNDEF || sym->shndx >= elf->n_sections)
		return NULL;
	sec = &elf->sections[sym->shndx];
	if (!sec->data || sec->n_rels || !(sec->flags & SHF_ALLOC) ||
	    sec->flags & (SHF_WRITE | SHF_EXECINSTR))
		return NULL;
	err = ep_range_at(elf, sym->shndx, off, &range);
	if (err || off != (s64)range.off) {
		lp_err_destroy(err);
		return NULL;
	}
	*ret_len = range.size;
	return sec->data + range.off;
}

bool ep_table_keeps(const struct ep_patch *patch, u32 piece, const struct lp_reloc *rel,
		    struct ep_place *ret)
{
	const struct ep_table *table = NULL;
	const struct lp_elf *elf;
	const u8 *bytes;
	u64 off, len;

	for (size_t i = 0; i < patch->tables.n; i++)
		if (patch->tables.items[i].new_piece == piece)
			table = &patch->tables.items[i];
	if (!table)
		return false;
	elf = elf_of(patch, table);
	off = rel->off - elf->symbols[table->new_sym].value;
	bytes = constant_of(elf, rel, &len);
	if (!bytes || off + 8 > table->size ||
	    !pointer_at(elf, &elf->symbols[table->old_sym], off) ||
	    !running_pointer(patch, table, off, ret) || ret->to != EP_TO_EXE)
		return false;
	return ep_target_is_constant(patch->target, ret->addr + (u64)ret->off, len) &&
	       !memcmp(ep_target_bytes(patch->target, ret->addr + (u64)ret->off, len), bytes, len);
}

/* ---- what differs ---- */

static const struct ep_fix *fix_at(const struct ep_patch *patch, u32 piece, u64 off)
{
	for (size_t i = 0; i < patch->fixes.n; i++)
		if (patch->fixes.items[i].piece == piece && patch->fixes.items[i].off == off)
			return &patch->fixes.items[i];
	return NULL;
}

static bool same_fix(const struct ep_fix *a, const struct ep_fix *b)
{
	if (!a || !b || a->to.to != b->to.to)
		return a == b;
	if (a->to.to == EP_TO_IMPORT)
		return !strcmp(a->to.name, b->to.name) &&
		       a->to.off + a->addend == b->to.off + b->addend;
	return a->to.to == EP_TO_EXE && a->to.addr + (u64)a->to.off + (u64)a->addend ==
						b->to.addr + (u64)b->to.off + (u64)b->addend;
}

u64 ep_table_difference(const struct ep_patch *patch, const struct ep_table *table)
{
	const u8 *old = patch->pieces.items[table->old_piece].bytes;
	const u8 *new = patch->pieces.items[table->new_piece].bytes;
	u64 off = 0;

	while (off < table->size) {
		const struct ep_fix *a = fix_at(patch, table->old_piece, off);
		const struct ep_fix *b = fix_at(patch, table->new_piece, off);

		if (!same_fix(a, b) || (!a && old[off] != new[off]))
			return off;
		off += a ? 8 : 1;
	}
	return off;
}
