/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How types are called, so that those of two objects can be compared as text. */
#include <string.h>

#include "lib/dwarf_load.h"

/* A longer description of a type is cut: parameters of parameters could double it each time. */
#define MAX_TEXT 400

u32 lp_die_get(const struct lp_map *map, const void *addr)
{
	return lp_map_get(map, (const void *)&addr, sizeof(addr));
}

void lp_die_set(struct lp_arena *arena, struct lp_map *map, const void *addr, u32 value)
{
	const void *key = lp_memdup(arena, (const void *)&addr, sizeof(addr));

	lp_map_set(arena, map, key, sizeof(addr), value);
}

/* ---- attributes ---- */

u64 lp_die_number(Dwarf_Die *die, unsigned int name, u64 otherwise)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attr) || dwarf_formudata(&attr, &value))
		return otherwise;
	return value;
}

const char *lp_die_name(struct lp_type_load *load, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	load->is_damaged |= !name && dwarf_hasattr(die, DW_AT_name);
	return name;
}

bool lp_die_type(struct lp_type_load *load, Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	if (!dwarf_attr(die, DW_AT_type, &attr))
		return false;
	if (dwarf_formref_die(&attr, ret) && dwarf_tag(ret) != DW_TAG_invalid)
		return true;
	load->is_damaged = true;
	return false;
}

/* What libdw answers when asked for DIE: 0 for one, 1 for none, -1 for damage. */
static bool is_there(struct lp_type_load *load, int answer, Dwarf_Die *die)
{
	bool is_bad = answer < 0 || (answer == 0 && dwarf_tag(die) == DW_TAG_invalid);

	load->is_damaged |= is_bad;
	return answer == 0 && !is_bad;
}

bool lp_die_first(struct lp_type_load *load, Dwarf_Die *parent, Dwarf_Die *ret)
{
	return is_there(load, dwarf_child(parent, ret), ret);
}

bool lp_die_next(struct lp_type_load *load, Dwarf_Die *die)
{
	return is_there(load, dwarf_siblingof(die, die), die);
}

bool lp_is_qualifier(int tag)
{
	return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

bool lp_die_peel(struct lp_type_load *load, Dwarf_Die *die)
{
	for (u32 i = 0; i < LP_DWARF_MAX_DEPTH; i++) {
		int tag = dwarf_tag(die);

		if (tag != DW_TAG_typedef && !lp_is_qualifier(tag))
			return true;
		if (!lp_die_type(load, die, die))
			return false;
	}
	return false;
}

/* ---- what a type is called ---- */

static const char *tag_word(int tag)
{
	return tag == DW_TAG_structure_type ? "struct"
	       : tag == DW_TAG_union_type   ? "union"
					    : "enum";
}

const char *lp_type_name(struct lp_type_load *load, Dwarf_Die *die)
{
	const char *name = lp_die_name(load, die);

	if (name)
		return lp_printf(load->arena, "%s %s", tag_word(dwarf_tag(die)), name);
	u32 idx = lp_die_get(&load->typedefs, die->addr);

	return idx == LP_MAP_NONE ? NULL : load->names.items[idx];
}

/* A long text as its begin and a hash, so that it still tells the type from others. */
static const char *shorten(const struct lp_type_load *load, const char *text)
{
	size_t len = strlen(text);

	if (len <= MAX_TEXT)
		return text;
	return lp_printf(load->arena, "%.80s... [%llx]", text,
			 (unsigned long long)lp_hash(0, text, len));
}

/* The type that DIE refers to, as text. */
static const char *describe_target(struct lp_type_load *load, Dwarf_Die *die)
{
	Dwarf_Die target;

	return lp_die_type(load, die, &target) ? lp_type_text(load, &target) : "void";
}

static const char *describe_function(struct lp_type_load *load, Dwarf_Die *die)
{
	const char *text = lp_printf(load->arena, "%s (", describe_target(load, die));
	const char *comma = "";
	Dwarf_Die child;

	for (bool more = lp_die_first(load, die, &child); more; more = lp_die_next(load, &child)) {
		bool is_param = dwarf_tag(&child) == DW_TAG_formal_parameter;

		text = shorten(load, lp_printf(load->arena, "%s%s%s", text, comma,
					       is_param ? describe_target(load, &child) : "..."));
		comma = ", ";
	}
	return lp_printf(load->arena, "%s)", text);
}

static const char *describe_array(struct lp_type_load *load, Dwarf_Die *die)
{
	const char *text = describe_target(load, die);
	Dwarf_Die child;

	for (bool more = lp_die_first(load, die, &child); more; more = lp_die_next(load, &child)) {
		u64 n = lp_die_number(&child, DW_AT_count,
				      lp_die_number(&child, DW_AT_upper_bound, -1) + 1);

		text = shorten(load,
			       lp_printf(load->arena, "%s[%llu]", text, (unsigned long long)n));
	}
	return text;
}

static const char *describe_new(struct lp_type_load *load, Dwarf_Die *die)
{
	int tag = dwarf_tag(die);
	const char *name;

	switch (tag) {
	case DW_TAG_pointer_type:
		return lp_printf(load->arena, "%s *", describe_target(load, die));
	case DW_TAG_array_type:
		return describe_array(load, die);
	case DW_TAG_subroutine_type:
		return describe_function(load, die);
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		name = lp_type_name(load, die);
		return name ? name : lp_printf(load->arena, "%s {...}", tag_word(tag));
	default:
		name = lp_die_name(load, die);
		return name ? name : "?";
	}
}

const char *lp_type_text(struct lp_type_load *load, Dwarf_Die *die)
{
	Dwarf_Die type = *die;

	if (!lp_die_peel(load, &type))
		return "void";
	u32 idx = lp_die_get(&load->texts, type.addr);

	if (idx != LP_MAP_NONE)
		return load->names.items[idx];
	if (load->depth >= LP_DWARF_MAX_DEPTH)
		return "?";
	load->depth++;
	const char *text = shorten(load, describe_new(load, &type));

	load->depth--;
	lp_die_set(load->arena, &load->texts, type.addr, (u32)load->names.n);
	lp_vec_push(load->arena, &load->names, text);
	return text;
}
