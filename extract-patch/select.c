// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the inputs and picks what is replaced: the `changed` and `table` records of diff objects,
 * restricted by --function; the functions named by --function in raw objects.
 */
#include <string.h>

#include "extract-patch/patch.h"
#include "extract-patch/rules.h"
#include "lib/file.h"

static void index_symbols(struct ep_patch *patch, struct ep_input *input)
{
	for (u32 i = input->elf->n_symbols; i-- > 1;) {
		const struct lp_symbol *sym = &input->elf->symbols[i];

		if (sym->shndx != SHN_UNDEF && sym->type != STT_SECTION && sym->type != STT_FILE)
			lp_map_set_str(patch->arena, &input->names, sym->name, i);
	}
}

/* What .lp.info would say of an object that comes straight from the compiler. */
static struct lp_info info_of_raw(struct lp_arena *arena, const struct lp_elf *elf, u32 file)
{
	struct lp_info info = { .object = lp_basename(elf->path),
				.source = elf->symbols[file].name };
	const struct lp_section *comment = &elf->sections[lp_elf_section(elf, ".comment")];

	/* .comment of gcc begins with a NUL. */
	if (comment->data && comment->size > 1)
		info.compiler = lp_section_string(comment, comment->data[0] ? 0 : 1);
	for (u32 i = 1; i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];
		struct lp_info_symbol entry = { .kind = lp_info_kind(sym),
						.is_local = sym->bind == STB_LOCAL,
						.size = sym->size,
						.name = sym->name };

		if (entry.kind && sym->shndx != SHN_UNDEF && (!entry.is_local || sym->file == file))
			lp_vec_push(arena, &info.symbols, entry);
	}
	return info;
}

static void add_raw_units(struct ep_patch *patch, u32 input)
{
	const struct lp_elf *elf = patch->inputs.items[input].elf;
	struct ep_unit unit = { .input = input };
	size_t before = patch->units.n;

	for (u32 i = 1; i < elf->n_symbols; i++) {
		if (elf->symbols[i].type != STT_FILE || !*elf->symbols[i].name)
			continue;
		unit.file = i;
		unit.info = info_of_raw(patch->arena, elf, i);
		lp_vec_push(patch->arena, &patch->units, unit);
	}
	if (patch->units.n > before)
		return;
	/* An assembler source has no FILE symbol; its locals can't be found. */
	unit.info = info_of_raw(patch->arena, elf, 0);
	unit.info.source = "without a FILE symbol";
	lp_vec_push(patch->arena, &patch->units, unit);
}

/* Real addends are small; with that said once, sums of offsets cannot overflow. */
static struct lp_err *check_addends(const struct lp_elf *elf)
{
	for (u32 i = 0; i < elf->n_rels; i++) {
		const struct lp_reloc *rel = &elf->rels[i];

		if (rel->addend > INT32_MAX || rel->addend < INT32_MIN)
			return lp_err(LP_FAILED, "%s: relocation of %s+0x%llx: addend out of range",
				      elf->path, elf->sections[rel->section].name,
				      (unsigned long long)rel->off);
	}
	return NULL;
}

struct lp_err *ep_add_input(struct ep_patch *patch, const char *path)
{
	struct ep_input input = { 0 };
	struct lp_info_list list;
	u32 idx = (u32)patch->inputs.n;

	LP_TRY(lp_elf_load(patch->arena, path, LP_ELF_RELOCATABLE, &input.elf));
	LP_TRY(check_addends(input.elf));
	LP_TRY(lp_info_parse(patch->arena, input.elf, &list));
	input.is_raw = !list.n;
	index_symbols(patch, &input);
	lp_vec_push(patch->arena, &patch->inputs, input);
	for (size_t i = 0; i < list.n; i++) {
		struct ep_unit unit = { .input = idx, .info = list.items[i] };

		if (!unit.info.source)
			return lp_err(LP_FAILED, "%s: object '%s' of '%s' has no source record",
				      path, unit.info.object, LP_SEC_INFO);
		lp_vec_push(patch->arena, &patch->units, unit);
	}
	if (input.is_raw)
		add_raw_units(patch, idx);
	return NULL;
}

struct lp_err *ep_find_unit(struct ep_patch *patch, const char *object, u32 *ret)
{
	for (u32 i = 0; i < patch->units.n; i++) {
		if (strcmp(patch->units.items[i].info.object, object) != 0)
			continue;
		*ret = i;
		return NULL;
	}
	return lp_err(LP_FAILED, "a reference names object '%s', of which no input has a record",
		      object);
}

struct lp_err *ep_unit_block(struct ep_patch *patch, u32 idx, struct ep_block *ret)
{
	struct ep_unit *unit = &patch->units.items[idx];

	/* The original of a patch in a stack has what the fixes below have added, too. */
	if (!unit->block.file)
		LP_TRY(ep_find_block(patch->target, &unit->info,
				     !patch->inputs.items[unit->input].is_raw && !patch->below.n,
				     &unit->block));
	*ret = unit->block;
	return NULL;
}

/* ---- selection ---- */

static bool is_global_of(const struct lp_info *info, const char *name)
{
	for (size_t i = 0; i < info->symbols.n; i++)
		if (!info->symbols.items[i].is_local && !strcmp(info->symbols.items[i].name, name))
			return true;
	return false;
}

/* --function NAME or OBJECT!NAME */
static bool is_named(const char *wanted, const char *object, const char *name)
{
	size_t len = strlen(object);

	if (!strcmp(wanted, name))
		return true;
	return !strncmp(wanted, object, len) && wanted[len] == '!' &&
	       !strcmp(wanted + len + 1, name);
}

static struct lp_err *marked_symbol(struct ep_patch *patch, u32 input, enum lp_mark mark,
				    const char *object, const char *func, u32 *ret)
{
	const char *name = lp_mark_name(patch->arena, mark, object, func);

	*ret = lp_map_get_str(&patch->inputs.items[input].names, name);
	if (*ret == LP_MAP_NONE)
		return lp_err(LP_FAILED, "%s: changed '%s' has no symbol '%s'",
			      patch->inputs.items[input].elf->path, func, name);
	return NULL;
}

static struct lp_err *select_symbols(struct ep_patch *patch, const struct lp_info_change *change,
				     struct ep_func *func)
{
	LP_TRY(marked_symbol(patch, func->input, LP_MARK_NEW, func->object, func->name,
			     &func->new_sym));
	LP_TRY(marked_symbol(patch, func->input, LP_MARK_OLD, func->object, func->name,
			     &func->old_sym));
	func->cold.name = change->cold;
	func->cold.size = change->cold_size;
	if (!change->cold)
		return NULL;
	return marked_symbol(patch, func->input, LP_MARK_OLD, func->object, change->cold,
			     &func->cold.old_sym);
}

static void leave_out(struct ep_patch *patch, const struct lp_info *info, const char *name)
{
	lp_map_set_str(patch->arena, &patch->left_out,
		       lp_printf(patch->arena, "%s!%s", info->object, name), 0);
	if (is_global_of(info, name))
		lp_map_set_str(patch->arena, &patch->left_out, name, 0);
}

static struct lp_err *add_func(struct ep_patch *patch, u32 unit,
			       const struct lp_info_change *change)
{
	struct ep_func func = { .name = change->name,
				.object = patch->units.items[unit].info.object,
				.why = change->why,
				.unit = unit,
				.input = patch->units.items[unit].input,
				.old_size = change->old_size };

	LP_TRY(select_symbols(patch, change, &func));
	lp_vec_push(patch->arena, &patch->funcs, func);
	return NULL;
}

static struct lp_err *add_table(struct ep_patch *patch, u32 unit,
				const struct lp_info_change *change)
{
	struct ep_table table = { .name = change->name,
				  .object = patch->units.items[unit].info.object,
				  .why = change->why,
				  .unit = unit,
				  .input = patch->units.items[unit].input,
				  .size = change->old_size };

	LP_TRY(marked_symbol(patch, table.input, LP_MARK_TABLE, table.object, table.name,
			     &table.new_sym));
	LP_TRY(marked_symbol(patch, table.input, LP_MARK_OLD, table.object, table.name,
			     &table.old_sym));
	lp_vec_push(patch->arena, &patch->tables, table);
	return NULL;
}

static struct lp_err *select_changed(struct ep_patch *patch, u32 unit, const struct lp_strs *names,
				     u32 *hits)
{
	const struct lp_info *info = &patch->units.items[unit].info;

	for (size_t i = 0; i < info->changes.n; i++) {
		const struct lp_info_change *change = &info->changes.items[i];
		bool is_wanted = !names->n;

		if (change->kind != LP_CHANGED && change->kind != LP_TABLE)
			continue;
		for (size_t k = 0; k < names->n; k++) {
			if (!is_named(names->items[k], info->object, change->name))
				continue;
			is_wanted = true;
			hits[k]++;
		}
		if (!is_wanted)
			leave_out(patch, info, change->name);
		else
			LP_TRY(change->kind == LP_TABLE ? add_table(patch, unit, change)
							: add_func(patch, unit, change));
	}
	return NULL;
}

/* Hooks are no choice: a part of the patch without them would be another patch. */
static bool has_hooks(const struct ep_patch *patch)
{
	for (size_t u = 0; u < patch->units.n; u++) {
		const struct lp_info *info = &patch->units.items[u].info;

		for (size_t i = 0; i < info->changes.n; i++)
			if (info->changes.items[i].kind == LP_HOOK)
				return true;
	}
	return false;
}

static void select_raw(struct ep_patch *patch, u32 unit, const struct lp_strs *names, u32 *hits)
{
	const struct ep_unit *u = &patch->units.items[unit];
	const struct lp_elf *elf = patch->inputs.items[u->input].elf;

	for (u32 i = 1; i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];
		struct ep_func func = { .name = sym->name,
					.object = u->info.object,
					.why = "named by --function",
					.unit = unit,
					.input = u->input,
					.new_sym = i };

		if (sym->type != STT_FUNC || sym->shndx >= elf->n_sections || !sym->shndx)
			continue;
		/* Globals carry no FILE symbol: the first one of the object stands for them. */
		if (sym->bind == STB_LOCAL ? sym->file != u->file
					   : unit && patch->units.items[unit - 1].input == u->input)
			continue;
		for (size_t k = 0; k < names->n; k++) {
			if (!is_named(names->items[k], u->info.object, sym->name))
				continue;
			hits[k]++;
			lp_vec_push(patch->arena, &patch->funcs, func);
			break;
		}
	}
}

static struct lp_err *check_hits(const struct ep_patch *patch, const struct lp_strs *names,
				 const u32 *hits)
{
	for (size_t k = 0; k < names->n; k++) {
		const char *objects = "";

		if (hits[k] == 1)
			continue;
		for (size_t i = 0; i < patch->funcs.n; i++)
			if (!strcmp(patch->funcs.items[i].name, names->items[k]))
				objects = lp_printf(patch->arena, "%s%s'%s'", objects,
						    *objects ? ", " : "",
						    patch->funcs.items[i].object);
		if (hits[k])
			return lp_err_advice(lp_err(LP_USAGE,
						    "function '%s' is ambiguous: %s have it",
						    names->items[k], objects),
					     "write --function 'OBJECT!%s'", names->items[k]);
		return lp_err(LP_NOTHING, "no input has a changed function '%s'", names->items[k]);
	}
	return NULL;
}

struct lp_err *ep_select(struct ep_patch *patch, const struct lp_strs *names)
{
	u32 *hits = lp_new_array(patch->arena, names->n, u32);

	for (u32 i = 0; i < patch->units.n; i++) {
		const struct ep_input *input = &patch->inputs.items[patch->units.items[i].input];

		if (!input->is_raw)
			LP_TRY(select_changed(patch, i, names, hits));
		else if (names->n)
			select_raw(patch, i, names, hits);
		else
			return lp_err_advice(
				lp_err(LP_USAGE, "'%s' is not a diff object", input->elf->path),
				"name its functions by --function, or run create-diff-object "
				"first");
	}
	LP_TRY(check_hits(patch, names, hits));
	if (!patch->funcs.n && !patch->tables.n && !has_hooks(patch))
		return lp_err(LP_NOTHING, "no function is changed");
	return NULL;
}
