// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an undefined symbol of an input stands for, in this order: a local of the executable
 * (lp.ref!OBJECT!NAME), a new global of another input, a global of the executable, the
 * executable's copy of library data, a library symbol. Nothing found is an error that says
 * where was looked.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"
#include "extract-patch/stack.h"

struct ep_place ep_place_of(const struct ep_target *target, const struct ep_match *match)
{
	const struct lp_symbol *sym = &target->syms->symbols[match->sym];
	struct ep_place place = { .to = EP_TO_EXE,
				  .addr = sym->value,
				  .name = sym->name,
				  .type = sym->type,
				  .size = sym->size,
				  .sym = match->sym };

	place.match = ep_match_text(target->arena, match);
	/* The symbol is at what chooses the function, once, when the program starts. */
	if (sym->type == STT_GNU_IFUNC) {
		place.addr = ep_ifunc_entry(target, sym->value);
		place.type = STT_FUNC;
	}
	if (sym->type == STT_TLS) {
		place.to = EP_TO_TLS;
		place.tpoff = ep_tls_offset(target, sym);
	}
	return place;
}

/* The dynamic linker has asked only for what the executable calls. */
static struct lp_err *check_ifunc(const struct ep_patch *patch, const struct ep_place *place)
{
	if (place->addr || patch->target->syms->symbols[place->sym].type != STT_GNU_IFUNC)
		return NULL;
	return ep_refuse(
		"ifunc",
		"'%s' is chosen when the program starts (IFUNC), and '%s' does not call it",
		place->name, patch->target->elf->path);
}

/* The size that the original object gave the symbol must be the executable's. */
static struct lp_err *check_size(const struct ep_patch *patch, const struct lp_info *info,
				 const struct ep_place *place)
{
	for (size_t i = 0; i < info->symbols.n; i++) {
		const struct lp_info_symbol *sym = &info->symbols.items[i];

		if (strcmp(sym->name, place->name) != 0 || sym->size == place->size)
			continue;
		return ep_refuse("size-mismatch",
				 "'%s' of '%s' has %llu bytes in '%s', %llu in the original object",
				 place->name, info->object, (unsigned long long)place->size,
				 patch->target->syms->path, (unsigned long long)sym->size);
	}
	return NULL;
}

static struct lp_err *resolve_local(struct ep_patch *patch, const char *object, const char *name,
				    struct ep_place *ret)
{
	struct ep_match match;
	struct ep_place below;
	const struct lp_info *info;
	struct ep_block block;
	u32 unit, position = lp_mark_position(patch->arena, &name);

	LP_TRY(ep_find_unit(patch, object, &unit));
	LP_TRY(ep_unit_block(patch, unit, &block));
	info = &patch->units.items[unit].info;
	if (position)
		LP_TRY(ep_find_kth_local(patch->target, block, info, name, position, &match));
	else
		LP_TRY(ep_find_local(patch->target, block, name, &match));
	if (!match.sym)
		LP_TRY(patch->target->flavour->find_below(patch, name, ret));
	if (ret->match)
		return NULL;
	if (!match.sym)
		return ep_refuse("unresolved-reference",
				 "'%s' of '%s' is not in '%s' (searched the locals of '%s')", name,
				 object, patch->target->syms->path, info->source);
	LP_TRY(ep_check_static(patch, info, block, name));
	*ret = ep_place_of(patch->target, &match);
	LP_TRY(check_ifunc(patch, ret));
	/* Of a function that a patch below has replaced the original has that one's size. */
	if (patch->target->flavour->is_replaced_below(patch, match.sym, &below))
		return NULL;
	return position ? NULL : check_size(patch, info, ret);
}

/* A global that another input brings along, a diff object or (RAW) one of the compiler; sets
 * *RET_FOUND. */
static struct lp_err *resolve_in_inputs(struct ep_patch *patch, const char *name, bool raw,
					struct ep_place *ret, bool *ret_found)
{
	*ret_found = false;
	for (u32 i = 0; i < patch->inputs.n; i++) {
		const struct ep_input *input = &patch->inputs.items[i];
		u32 idx = lp_map_get_str(&input->names, name);
		const struct lp_symbol *sym;
		u64 start;

		if (idx == LP_MAP_NONE || input->is_raw != raw)
			continue;
		sym = &input->elf->symbols[idx];
		if (sym->bind == STB_LOCAL || sym->shndx >= input->elf->n_sections)
			continue;
		*ret_found = true;
		if (raw)
			return ep_resolve_raw(patch, i, idx, (s64)sym->value, ret);
		ret->to = EP_TO_PIECE;
		ret->name = name;
		ret->type = sym->type;
		LP_TRY(ep_piece_at(patch, i, sym->shndx, (s64)sym->value, &ret->piece, &start));
		ret->off = (s64)(sym->value - start);
		return NULL;
	}
	return NULL;
}

/* What .dynsym knows: a copy, a canonical address, or only the name. */
static struct ep_place place_of_dyn(const struct ep_dyn *dyn)
{
	struct ep_place place = { .to = EP_TO_IMPORT,
				  .name = dyn->name,
				  .version = dyn->version,
				  .type = dyn->type,
				  .size = dyn->size,
				  .match = "dynamic" };

	if (dyn->copy || dyn->value) {
		place.to = EP_TO_EXE;
		place.version = NULL;
		place.addr = dyn->copy ? dyn->copy : dyn->value;
		place.match = dyn->copy ? "copy" : "dynamic";
	}
	return place;
}

static struct lp_err *resolve_library(struct ep_patch *patch, const char *name, bool is_weak,
				      struct ep_place *ret)
{
	const struct ep_dyn *dyn = ep_find_dyn(patch->target, name);
	struct ep_library_symbol found;
	const char *searched = "";
	u32 idx;

	if (dyn && (!dyn->is_undefined || !dyn->is_weak || dyn->glob_dat || dyn->jump_slot)) {
		*ret = place_of_dyn(dyn);
		return NULL;
	}
	idx = lp_map_get_str(&patch->import_map, name);
	if (idx == LP_MAP_NONE) {
		LP_TRY(ep_find_in_libraries(patch->target, name, &found, &searched));
		/* The libraries of another day may have it, then it is not 0. */
		if (!found.library && is_weak)
			return ep_refuse("weak-undefined",
					 "nothing defines '%s', a weak symbol: neither '%s' nor "
					 "the libraries that it loads (%s)",
					 name, patch->target->syms->path,
					 *searched ? searched : "none");
		if (!found.library)
			return ep_refuse("unresolved-reference",
					 "cannot resolve '%s': not in the symbols of '%s', nor "
					 "in the libraries that it loads (%s)",
					 name, patch->target->syms->path,
					 *searched ? searched : "none");
		idx = (u32)patch->imports.n;
		lp_map_set_str(patch->arena, &patch->import_map, name, idx);
		lp_vec_push(patch->arena, &patch->imports, found);
	}
	*ret = (struct ep_place){ .to = EP_TO_IMPORT,
				  .name = name,
				  .version = patch->imports.items[idx].version,
				  .type = patch->imports.items[idx].type,
				  .match = "library" };
	if (patch->imports.items[idx].copy) {
		ret->to = EP_TO_EXE;
		ret->version = NULL;
		ret->addr = patch->imports.items[idx].copy;
		ret->match = "copy";
	}
	return NULL;
}

/* Does the object that refers to NAME define it itself? */
static struct lp_err *is_own_global(const struct ep_patch *patch, u32 input, const char *name,
				    bool *ret)
{
	u32 n_units = 0;

	*ret = false;
	for (size_t u = 0; u < patch->units.n; u++) {
		const struct ep_unit *unit = &patch->units.items[u];

		if (unit->input != input)
			continue;
		n_units++;
		for (size_t i = 0; i < unit->info.symbols.n; i++)
			*ret = *ret || (!unit->info.symbols.items[i].is_local &&
					!strcmp(unit->info.symbols.items[i].name, name));
	}
	if (*ret && n_units > 1)
		return ep_refuse("ambiguous-symbol",
				 "cannot tell whether '%s' or '__wrap_%s' is meant in '%s'", name,
				 name, patch->inputs.items[input].elf->path);
	return NULL;
}

/*
 * `ld --wrap=NAME` led the references of other objects to __wrap_NAME, as it does with
 * qemu_coroutine_new, and __real_NAME to NAME.
 */
static struct lp_err *unwrap(const struct ep_patch *patch, u32 input, const char **name)
{
	const char *wrapped = lp_printf(patch->arena, "__wrap_%s", *name);
	bool is_own;

	if (!strncmp(*name, "__real_", 7) &&
	    lp_map_get_str(&patch->target->names, *name) == LP_MAP_NONE) {
		*name += 7;
		return NULL;
	}
	if (lp_map_get_str(&patch->target->names, wrapped) == LP_MAP_NONE)
		return NULL;
	LP_TRY(is_own_global(patch, input, *name, &is_own));
	if (!is_own)
		*name = wrapped;
	return NULL;
}

struct lp_err *ep_resolve_name(struct ep_patch *patch, u32 input, u32 idx, struct ep_place *ret)
{
	const struct lp_symbol *sym = &patch->inputs.items[input].elf->symbols[idx];
	const char *object, *name;
	struct ep_match match;
	bool found;

	*ret = (struct ep_place){ 0 };
	if (lp_mark_parse(patch->arena, sym->name, &object, &name) == LP_MARK_REF)
		return resolve_local(patch, object, name, ret);
	LP_TRY(resolve_in_inputs(patch, name, false, ret, &found));
	if (found)
		return NULL;
	LP_TRY(unwrap(patch, input, &name));
	LP_TRY(ep_find_global(patch->target, name, &match));
	if (!match.sym) {
		LP_TRY(resolve_in_inputs(patch, name, true, ret, &found));
		if (found)
			return NULL;
		LP_TRY(patch->target->flavour->find_below(patch, name, ret));
		return ret->match ? NULL : resolve_library(patch, name, sym->bind == STB_WEAK, ret);
	}
	*ret = ep_place_of(patch->target, &match);
	LP_TRY(check_ifunc(patch, ret));
	/* `stderr` of the executable is its copy of the library's. */
	if (ep_find_dyn(patch->target, name) && ep_find_dyn(patch->target, name)->copy)
		ret->match = "copy";
	return NULL;
}
