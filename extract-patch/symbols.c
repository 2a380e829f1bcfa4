// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names are not identities: qemu-system-x86_64 has 41 functions called register_types. A
 * global is found by its name; a local by the block of the symbol table that came from its
 * object. A block begins with a FILE symbol, which holds only the base name of the source
 * (there are several core.c), so the set of local names in it decides.
 */
#include <stdlib.h>
#include <string.h>

#include "extract-patch/rules.h"
#include "extract-patch/target.h"

/* What a linker script defines, or an assembler source without a type. */
static bool is_plain_global(const struct lp_symbol *sym)
{
	return sym->type == STT_NOTYPE && sym->bind == STB_GLOBAL;
}

void ep_index_symbols(struct ep_target *target)
{
	const struct lp_elf *elf = target->syms;
	u32 *next = lp_new_array(target->arena, elf->n_symbols + 1, u32);

	/* From the end, so that a chain runs in the order of the file. */
	for (u32 i = elf->n_symbols; i-- > 1;) {
		const struct lp_symbol *sym = &elf->symbols[i];
		u32 before;

		if (sym->shndx == SHN_UNDEF || !*sym->name ||
		    !(lp_info_kind(sym) || is_plain_global(sym)))
			continue;
		before = lp_map_set_str(target->arena, &target->names, sym->name, i);
		next[i] = before == LP_MAP_NONE ? 0 : before;
	}
	target->next = next;
}

bool ep_symbol_is_global(const struct ep_target *target, u32 idx)
{
	const struct lp_symbol *sym = &target->syms->symbols[idx];

	if (sym->bind != STB_LOCAL)
		return true;
	return !sym->file || !*target->syms->symbols[sym->file].name;
}

/* Fills in how SYM stands among those of its name. */
static struct ep_match make_match(const struct ep_target *target, u32 sym)
{
	struct ep_match match = { .sym = sym };
	u32 idx = lp_map_get_str(&target->names, target->syms->symbols[sym].name);

	for (; idx && idx != LP_MAP_NONE; idx = target->next[idx]) {
		match.of++;
		if (idx == sym)
			match.position = match.of;
	}
	match.kind = match.of == 1 ? EP_MATCH_UNIQUE : EP_MATCH_BY_FILE;
	return match;
}

const char *ep_match_text(struct lp_arena *arena, const struct ep_match *match)
{
	if (match->kind == EP_MATCH_UNIQUE)
		return "unique";
	return lp_printf(arena, "%s, %u of %u",
			 match->kind == EP_MATCH_POSITION ? "position" : "by-file", match->position,
			 match->of);
}

struct lp_err *ep_find_global(const struct ep_target *target, const char *name,
			      struct ep_match *ret)
{
	const struct lp_symbol *symbols = target->syms->symbols;
	u32 found = 0;

	memset(ret, 0, sizeof(*ret));
	for (u32 idx = lp_map_get_str(&target->names, name); idx && idx != LP_MAP_NONE;
	     idx = target->next[idx]) {
		if (!ep_symbol_is_global(target, idx))
			continue;
		/* A GLOBAL beats one that the linker made local; two of a kind are a riddle. */
		if (found && symbols[found].bind == symbols[idx].bind &&
		    symbols[found].value != symbols[idx].value)
			return ep_refuse("ambiguous-symbol",
					 "global '%s' is ambiguous in '%s': 0x%llx and 0x%llx",
					 name, target->syms->path,
					 (unsigned long long)symbols[found].value,
					 (unsigned long long)symbols[idx].value);
		if (!found || symbols[found].bind == STB_LOCAL)
			found = idx;
	}
	if (found)
		*ret = make_match(target, found);
	return NULL;
}

/* ---- blocks ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(struct lp_strs *names)
{
	if (names->n)
		qsort(names->items, names->n, sizeof(*names->items), compare_names);
}

static void push_name(struct lp_arena *arena, struct lp_strs *names, char kind, const char *name)
{
	/* clang gives strings symbols, `.L.str.1`, which the linker drops. */
	if (!strncmp(name, ".L", 2))
		return;
	lp_vec_push(arena, names, lp_printf(arena, "%c %s", kind, name));
}

static struct lp_strs names_of_info(struct lp_arena *arena, const struct lp_info *info)
{
	struct lp_strs names = { 0 };

	for (size_t i = 0; i < info->symbols.n; i++)
		if (info->symbols.items[i].is_local)
			push_name(arena, &names, info->symbols.items[i].kind,
				  info->symbols.items[i].name);
	sort_names(&names);
	return names;
}

/* FILE and what is behind it, as many FILE symbols as the object INFO has; what they are called is
 * not looked at behind the first. */
static struct ep_block block_at(const struct lp_elf *elf, const struct lp_info *info, u32 file)
{
	struct ep_block block = { file, file + 1 };
	size_t n_more = info->more_sources.n;

	for (; block.end < elf->n_symbols && elf->symbols[block.end].bind == STB_LOCAL; block.end++)
		if (elf->symbols[block.end].type == STT_FILE && !n_more--)
			break;
	return block;
}

static bool has_sources(const struct lp_elf *elf, const struct lp_info *info, struct ep_block block)
{
	size_t n = 0;

	if (!ep_is_source(elf->symbols[block.file].name, info->source))
		return false;
	for (u32 i = block.file + 1; i < block.end; i++)
		if (elf->symbols[i].type == STT_FILE &&
		    !ep_is_source(elf->symbols[i].name, info->more_sources.items[n++]))
			return false;
	return n == info->more_sources.n;
}

static struct lp_strs names_of_block(const struct ep_target *target, struct ep_block block)
{
	const struct lp_elf *elf = target->syms;
	struct lp_strs names = { 0 };

	for (u32 i = block.file + 1; i < block.end; i++)
		if (elf->symbols[i].bind == STB_LOCAL && lp_info_kind(&elf->symbols[i]))
			push_name(target->arena, &names, lp_info_kind(&elf->symbols[i]),
				  elf->symbols[i].name);
	sort_names(&names);
	return names;
}

/* Walks two sorted lists; counts common entries and keeps the first that only one has. */
static size_t count_common(const struct lp_strs *a, const struct lp_strs *b, const char **ret_only)
{
	size_t i = 0, j = 0, n = 0;

	*ret_only = NULL;
	while (i < a->n || j < b->n) {
		int order = i == a->n ? 1 : j == b->n ? -1 : strcmp(a->items[i], b->items[j]);

		if (!order) {
			n++, i++, j++;
			continue;
		}
		if (!*ret_only)
			*ret_only = order < 0 ? a->items[i] : b->items[j];
		if (order < 0)
			i++;
		else
			j++;
	}
	return n;
}

bool ep_is_source(const char *file, const char *source)
{
	size_t len = strlen(file), end = strlen(source);

	if (len <= end)
		return !strcmp(file, source);
	return end && file[len - end - 1] == '/' && !strcmp(file + len - end, source);
}

static bool has_source_files(const struct lp_elf *elf)
{
	for (u32 i = 1; i < elf->n_symbols; i++)
		if (elf->symbols[i].type == STT_FILE && *elf->symbols[i].name)
			return true;
	return false;
}

static struct lp_err *no_block(const struct ep_target *target, const struct lp_info *info,
			       u32 n_blocks, const char *only)
{
	const char *what = "has no source file of that name";

	if (!has_source_files(target->syms))
		what = "has no names of source files (strip -g removes them): give the unstripped "
		       "file by --debug-file";
	else if (n_blocks)
		what = lp_printf(target->arena,
				 "has %u source file(s) of that name, but not with the same local "
				 "symbols (first difference: '%s')",
				 n_blocks, only ? only + 2 : "?");
	return ep_refuse("object-not-found", "cannot find object '%s' (%s): '%s' %s", info->object,
			 info->source, target->syms->path, what);
}

/* Have the local symbols in BLOCK the sizes, too? It has the same names. */
static bool same_sizes(const struct ep_target *target, const struct lp_info *info,
		       struct ep_block block)
{
	for (size_t i = 0; i < info->symbols.n; i++) {
		const struct lp_info_symbol *sym = &info->symbols.items[i];
		struct ep_match match;
		struct lp_err *err;

		if (!sym->is_local || !strncmp(sym->name, ".L", 2))
			continue;
		err = ep_find_local(target, block, sym->name, &match);
		lp_err_destroy(err);
		if (err || !match.sym || target->syms->symbols[match.sym].size != sym->size)
			return false;
	}
	return true;
}

struct lp_err *ep_find_block(const struct ep_target *target, const struct lp_info *info, bool exact,
			     struct ep_block *ret)
{
	struct lp_strs want = names_of_info(target->arena, info);
	const struct lp_elf *elf = target->syms;
	size_t best = 0, n_best = 0; /* points */
	const char *only = NULL;
	u32 n_blocks = 0;

	*ret = (struct ep_block){ 0 };
	for (u32 i = 1; i < elf->n_symbols; i++) {
		struct ep_block block;
		struct lp_strs have;
		const char *first;
		size_t points;

		if (elf->symbols[i].type != STT_FILE)
			continue;
		block = block_at(elf, info, i);
		if (!has_sources(elf, info, block))
			continue;
		n_blocks++;
		have = names_of_block(target, block);
		points = 4 * count_common(&want, &have, &first);
		if (exact && first) {
			only = only ? only : first;
			continue;
		}
		/* Of those that have as many in common: the same names, the same sizes. */
		if (!first)
			points += same_sizes(target, info, block) ? 2 : 1;
		if (ret->file && points < best)
			continue;
		n_best = ret->file && points == best ? n_best + 1 : 1;
		best = points;
		*ret = block;
	}
	if (!ret->file)
		return no_block(target, info, n_blocks, only);
	if (n_best > 1)
		return ep_refuse(
			"ambiguous-object",
			"object '%s' is ambiguous: %zu blocks of '%s' in '%s' have the same "
			"local symbols",
			info->object, n_best, info->source, elf->path);
	return NULL;
}

struct lp_err *ep_find_local(const struct ep_target *target, struct ep_block block,
			     const char *name, struct ep_match *ret)
{
	const struct lp_symbol *symbols = target->syms->symbols;
	u32 found = 0;

	memset(ret, 0, sizeof(*ret));
	for (u32 idx = lp_map_get_str(&target->names, name); idx && idx != LP_MAP_NONE;
	     idx = target->next[idx]) {
		if (symbols[idx].bind != STB_LOCAL || idx <= block.file || idx >= block.end)
			continue;
		if (found)
			return ep_refuse(
				"ambiguous-symbol",
				"local '%s' is ambiguous: '%s' of '%s' has it at 0x%llx and "
				"at 0x%llx",
				name, symbols[block.file].name, target->syms->path,
				(unsigned long long)symbols[found].value,
				(unsigned long long)symbols[idx].value);
		found = idx;
	}
	if (found)
		*ret = make_match(target, found);
	return NULL;
}

struct lp_err *ep_find_kth_local(const struct ep_target *target, struct ep_block block,
				 const struct lp_info *info, const char *name, u32 k,
				 struct ep_match *ret)
{
	const struct lp_symbol *symbols = target->syms->symbols;
	const struct lp_info_symbol *want = NULL;
	u32 here = 0, there = 0;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < info->symbols.n; i++)
		if (info->symbols.items[i].is_local && !strcmp(info->symbols.items[i].name, name) &&
		    ++here == k)
			want = &info->symbols.items[i];
	for (u32 idx = lp_map_get_str(&target->names, name); idx && idx != LP_MAP_NONE;
	     idx = target->next[idx])
		if (symbols[idx].bind == STB_LOCAL && lp_info_kind(&symbols[idx]) &&
		    idx > block.file && idx < block.end && ++there == k)
			ret->sym = idx;
	if (!want || here != there)
		return ep_refuse("ambiguous-symbol",
				 "local '%s', number %u of %u in object '%s', is ambiguous: '%s' "
				 "of '%s' has %u of that name",
				 name, k, here, info->object, symbols[block.file].name,
				 target->syms->path, there);
	if (lp_info_kind(&symbols[ret->sym]) != want->kind || symbols[ret->sym].size != want->size)
		return ep_refuse("size-mismatch",
				 "'%s', number %u of %u in object '%s', has %llu bytes there, %llu "
				 "in '%s'",
				 name, k, here, info->object, (unsigned long long)want->size,
				 (unsigned long long)symbols[ret->sym].size, target->syms->path);
	ret->kind = EP_MATCH_POSITION;
	ret->position = k;
	ret->of = here;
	return NULL;
}

u64 ep_room_at(const struct ep_target *target, u64 addr, u64 size)
{
	const struct lp_elf *elf = target->syms;
	u64 end = addr + ep_target_room(target, addr);

	for (u32 i = 1; i < elf->n_symbols; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];

		if (sym->shndx != SHN_UNDEF && sym->type != STT_FILE && sym->type != STT_SECTION &&
		    sym->type != STT_TLS && sym->value >= addr + (size ? size : 1) &&
		    sym->value < end)
			end = sym->value;
	}
	return end - addr;
}
