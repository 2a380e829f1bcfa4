// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An object from the compiler says nothing about what changed in it. So everything that a named
 * function refers to is looked up in the executable: code and variables that are there are used
 * there, provided they are the same; what is not there is new and comes along; what is there and
 * differs is a change that was left out, and refused. Constants are copied.
 */
#include <ctype.h>
#include <string.h>

#include "extract-patch/patch.h"
#include "extract-patch/rules.h"

enum verdict { SAME_IN_TARGET, NEW_HERE };

bool ep_is_cold_part(const char *name)
{
	const char *at = strstr(name, ".cold");

	if (!at)
		return false;
	for (at += 5; *at; at++)
		if (*at != '.' && !isdigit((unsigned char)*at))
			return false;
	return true;
}

/* Length of NAME without the ".123" that the compiler adds to static locals, 0 if it has none. */
static size_t stem_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || !dot[1] || dot == name)
		return 0;
	for (const char *p = dot + 1; *p; p++)
		if (!isdigit((unsigned char)*p))
			return 0;
	return (size_t)(dot - name);
}

static bool same_stem(const char *name, const char *other, size_t len)
{
	return stem_length(other) == len && !strncmp(name, other, len);
}

/*
 * A static local: `counter.2` of the patched object may be `counter.1` of the executable, since
 * any edit shifts the numbers. One of the stem on both sides, or the same numbers on both
 * sides, is certain; the rest is refused.
 */
static struct lp_err *find_static(const struct ep_patch *patch, u32 input, u32 sym,
				  struct ep_block block, struct ep_match *ret)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf, *syms = patch->target->syms;
	const char *name = elf->symbols[sym].name;
	size_t len = stem_length(name);
	u32 n_here = 0, n_there = 0, n_same = 0, last = 0;

	for (u32 i = 1; i < elf->n_symbols; i++)
		if (elf->symbols[i].file == elf->symbols[sym].file &&
		    same_stem(name, elf->symbols[i].name, len))
			n_here++;
	for (u32 i = block.file + 1; i < block.end; i++) {
		u32 twin;

		if (!same_stem(name, syms->symbols[i].name, len))
			continue;
		n_there++;
		last = i;
		twin = lp_map_get_str(&patch->inputs.items[input].names, syms->symbols[i].name);
		n_same += twin != LP_MAP_NONE && elf->symbols[twin].size == syms->symbols[i].size;
	}
	memset(ret, 0, sizeof(*ret));
	if (!n_there)
		return NULL;
	if (n_here == n_there && n_same == n_there)
		return ep_find_local(patch->target, block, name, ret);
	if (n_here == 1 && n_there == 1)
		return ep_find_local(patch->target, block, syms->symbols[last].name, ret);
	return ep_refuse("static-ambiguous",
			 "cannot tell which variable of the executable '%s' is: %u of that name "
			 "here, %u in '%s'",
			 name, n_here, n_there, syms->symbols[block.file].name);
}

struct lp_err *ep_find_raw(struct ep_patch *patch, u32 input, u32 idx, struct ep_match *ret)
{
	const struct lp_symbol *sym = &patch->inputs.items[input].elf->symbols[idx];
	struct ep_block block;

	if (sym->bind != STB_LOCAL)
		return ep_find_global(patch->target, sym->name, ret);
	for (u32 i = 0; i < patch->units.n; i++) {
		if (patch->units.items[i].input != input || patch->units.items[i].file != sym->file)
			continue;
		LP_TRY(ep_unit_block(patch, i, &block));
		if (sym->type != STT_FUNC && stem_length(sym->name))
			return find_static(patch, input, idx, block, ret);
		return ep_find_local(patch->target, block, sym->name, ret);
	}
	return lp_err(LP_FAILED, "%s: local symbol '%s' belongs to no source file",
		      patch->inputs.items[input].elf->path, sym->name);
}

/* A piece of this payload. */
static struct lp_err *place_here(struct ep_patch *patch, u32 input, const struct lp_symbol *sym,
				 s64 off, struct ep_place *ret)
{
	ret->name = sym->name;
	ret->type = sym->type;
	return ep_place_defined(patch, input, sym, off, ret);
}

static bool is_replaced(const struct ep_patch *patch, u32 input, u32 sym)
{
	for (size_t i = 0; i < patch->funcs.n; i++)
		if (patch->funcs.items[i].input == input && patch->funcs.items[i].new_sym == sym)
			return true;
	return false;
}

/* Compares the function IDX, and its cold part when it has one. */
static struct lp_err *compare_function(struct ep_patch *patch, u32 input, u32 idx,
				       const struct ep_match *match, bool *ret_same, u64 *ret_off,
				       const char **ret_why)
{
	const struct ep_input *in = &patch->inputs.items[input];
	const struct lp_symbol *sym = &in->elf->symbols[idx];
	const struct lp_symbol *have = &patch->target->syms->symbols[match->sym];
	struct ep_claim claim = { input, sym->shndx, sym->value, sym->size, have->value };
	struct ep_match cold_match;
	u32 cold;

	*ret_same = false;
	*ret_off = sym->size < have->size ? sym->size : have->size;
	*ret_why = "another size";
	if (have->size != sym->size)
		return NULL;
	LP_TRY(ep_compare(patch, &claim, ret_same, ret_off, ret_why));
	cold = lp_map_get_str(&in->names, lp_printf(patch->arena, "%s.cold", sym->name));
	if (!*ret_same || cold == LP_MAP_NONE)
		return NULL;
	LP_TRY(ep_find_raw(patch, input, cold, &cold_match));
	*ret_same = false;
	if (!cold_match.sym)
		return NULL;
	return compare_function(patch, input, cold, &cold_match, ret_same, ret_off, ret_why);
}

/* Is the function SYM, which is not replaced, the same in the executable? */
static struct lp_err *judge(struct ep_patch *patch, u32 input, u32 idx,
			    const struct ep_match *match, enum verdict *ret)
{
	u32 key[2] = { input, idx };
	u32 known = lp_map_get(&patch->verdict_map, key, sizeof(key));
	const char *why = NULL;
	bool same = false;
	u64 off = 0;

	if (known != LP_MAP_NONE) {
		*ret = (enum verdict)known;
		return NULL;
	}
	*ret = match->sym ? SAME_IN_TARGET : NEW_HERE;
	if (match->sym)
		LP_TRY(compare_function(patch, input, idx, match, &same, &off, &why));
	if (match->sym && !same)
		return ep_refuse("function-needs-changed",
				 "'%s' is needed, but is changed too (differs at +0x%llx%s%s)",
				 patch->inputs.items[input].elf->symbols[idx].name,
				 (unsigned long long)off, why ? ": " : "", why ? why : "");
	lp_map_set(patch->arena, &patch->verdict_map, lp_memdup(patch->arena, key, sizeof(key)),
		   sizeof(key), *ret);
	return NULL;
}

static struct lp_err *resolve_code(struct ep_patch *patch, u32 input, u32 entity, u32 sym, s64 off,
				   struct ep_place *ret)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf;
	const struct lp_symbol *func = &elf->symbols[entity];
	enum verdict verdict;
	struct ep_match match;

	/* Only code that is here jumps to a cold part, or from there and from a jump table into
	 * the middle of a function. */
	if (ep_is_cold_part(func->name) || off != (s64)func->value)
		return place_here(patch, input, &elf->symbols[sym], off, ret);
	LP_TRY(ep_find_raw(patch, input, entity, &match));
	if (!is_replaced(patch, input, entity)) {
		LP_TRY(judge(patch, input, entity, &match, &verdict));
		if (verdict == NEW_HERE) {
			LP_TRY(place_here(patch, input, &elf->symbols[sym], off, ret));
			patch->pieces.items[ret->piece].is_new = true;
			return NULL;
		}
	}
	*ret = ep_place_of(patch->target, &match);
	ret->off = (s64)(elf->symbols[sym].value - func->value);
	return NULL;
}

/* The initial values, but for the words that the dynamic linker fills in. */
static struct lp_err *check_initial(struct ep_patch *patch, const struct lp_elf *elf, u32 idx,
				    const struct ep_match *match)
{
	const struct lp_symbol *sym = &elf->symbols[idx];
	const struct lp_symbol *have = &patch->target->syms->symbols[match->sym];
	const struct lp_section *sec = &elf->sections[sym->shndx];
	const u8 *there = ep_target_bytes(patch->target, have->value, sym->size);
	u32 rel = sec->rel_first;

	if (have->size != sym->size)
		return ep_refuse("data-changed", "'%s' has %llu bytes, %llu in the executable",
				 sym->name, (unsigned long long)sym->size,
				 (unsigned long long)have->size);
	for (u64 i = 0; i < sym->size; i++) {
		u64 off = sym->value + i;

		while (rel < sec->rel_first + sec->n_rels && elf->rels[rel].off + 8 <= off)
			rel++;
		if (rel < sec->rel_first + sec->n_rels && elf->rels[rel].off <= off)
			continue;
		if ((sec->data ? sec->data[off] : 0) != (there ? there[i] : 0))
			return ep_refuse(
				"data-changed",
				"the initial value of '%s' differs from the executable's at "
				"+0x%llx",
				sym->name, (unsigned long long)i);
	}
	return NULL;
}

static struct lp_err *resolve_variable(struct ep_patch *patch, u32 input, u32 entity, u32 sym,
				       s64 off, struct ep_place *ret)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf;
	struct ep_match match;

	if (!entity)
		return ep_refuse("reference-unnamed", "%s: %s+0x%llx: data without a symbol",
				 elf->path, elf->sections[elf->symbols[sym].shndx].name,
				 (unsigned long long)off);
	LP_TRY(ep_find_raw(patch, input, entity, &match));
	if (!match.sym) {
		if (elf->symbols[entity].type == STT_TLS)
			return ep_refuse("tls-changed", "'%s' is a new thread-local variable",
					 elf->symbols[entity].name);
		LP_TRY(place_here(patch, input, &elf->symbols[sym], off, ret));
		patch->pieces.items[ret->piece].is_new = true;
		return NULL;
	}
	LP_TRY(check_initial(patch, elf, entity, &match));
	*ret = ep_place_of(patch->target, &match);
	ret->off = (s64)(elf->symbols[sym].value - elf->symbols[entity].value);
	return NULL;
}

struct lp_err *ep_resolve_raw(struct ep_patch *patch, u32 input, u32 sym, s64 off,
			      struct ep_place *ret)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf;
	const struct lp_symbol *symbol = &elf->symbols[sym];
	const struct lp_section *sec = &elf->sections[symbol->shndx];
	struct ep_range range;
	struct ep_match match;

	LP_TRY(ep_range_at(elf, symbol->shndx, off, &range));
	if (sec->flags & SHF_EXECINSTR)
		return resolve_code(patch, input, range.sym, sym, off, ret);
	if (sec->flags & SHF_TLS ||
	    (sec->flags & SHF_WRITE && strncmp(sec->name, ".data.rel.ro", 12) != 0))
		return resolve_variable(patch, input, range.sym, sym, off, ret);
	/* A constant that others may refer to by name keeps its address. */
	if (range.sym && elf->symbols[range.sym].bind != STB_LOCAL) {
		LP_TRY(ep_find_raw(patch, input, range.sym, &match));
		if (match.sym)
			return resolve_variable(patch, input, range.sym, sym, off, ret);
	}
	return place_here(patch, input, symbol, off, ret);
}
