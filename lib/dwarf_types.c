/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads types through libdw. An object's debug sections have relocations, may be compressed and
 * may come in several parts (type units in section groups), which libdw takes no notice of. So
 * it gets an image of its own, in which the ELF model's contents are joined and relocated.
 */
#include "lib/dwarf_types.h"

#include <string.h>

#include "lib/dwarf_image.h"
#include "lib/dwarf_load.h"
#include "lib/dwarf_open.h"

static bool is_composite(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_enumeration_type;
}

/* ---- members ---- */

/* Position and width, which DWARF 4 and 5 tell in different ways. */
static void place_member(Dwarf_Die *die, u64 base, struct lp_type_member *member)
{
	u64 start = base + 8 * lp_die_number(die, DW_AT_data_member_location, 0);

	member->bit = start;
	member->n_bits = lp_die_number(die, DW_AT_bit_size, 0);
	if (!member->n_bits)
		return;
	u64 storage = lp_die_number(die, DW_AT_byte_size, member->size);
	u64 from_top = lp_die_number(die, DW_AT_bit_offset, UINT64_MAX);

	if (from_top != UINT64_MAX)
		member->bit = start + 8 * storage - from_top - member->n_bits;
	else
		member->bit = base + lp_die_number(die, DW_AT_data_bit_offset, 0);
}

/* The struct or union without a name that TYPE, its elements or what it points at are. */
static bool find_nameless(struct lp_type_load *load, Dwarf_Die type, Dwarf_Die *ret)
{
	for (u32 i = 0; i < LP_DWARF_MAX_DEPTH && lp_die_peel(load, &type); i++) {
		int tag = dwarf_tag(&type);

		if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) {
			*ret = type;
			return !lp_die_name(load, &type) &&
			       lp_die_get(&load->typedefs, type.addr) == LP_MAP_NONE;
		}
		if ((tag != DW_TAG_array_type && tag != DW_TAG_pointer_type) ||
		    !lp_die_type(load, &type, &type))
			return false;
	}
	return false;
}

static void add_members(struct lp_type_load *load, Dwarf_Die *parent, const char *prefix, u64 base);

static void add_member(struct lp_type_load *load, Dwarf_Die *die, const char *prefix, u64 base)
{
	const char *name = lp_die_name(load, die);
	struct lp_type_member member = { .name = name ? name : "" };
	Dwarf_Die type, nameless;
	Dwarf_Word size;

	if (!lp_die_type(load, die, &type))
		return;
	if (*prefix && name)
		member.name = lp_printf(load->arena, "%s.%s", prefix, name);
	if (!dwarf_aggregate_size(&type, &size))
		member.size = size;
	place_member(die, base, &member);
	member.type = lp_type_text(load, &type);
	bool has_parts = find_nameless(load, type, &nameless);

	/* The members of a nameless one are known by their own names. */
	if (name || !has_parts)
		lp_vec_push(load->arena, &load->members, member);
	if (has_parts && load->depth < LP_DWARF_MAX_DEPTH) {
		load->depth++;
		add_members(load, &nameless, name ? member.name : prefix, member.bit);
		load->depth--;
	}
}

static void add_members(struct lp_type_load *load, Dwarf_Die *parent, const char *prefix, u64 base)
{
	Dwarf_Die child;

	for (bool more = lp_die_first(load, parent, &child); more;
	     more = lp_die_next(load, &child)) {
		if (dwarf_tag(&child) == DW_TAG_member)
			add_member(load, &child, prefix, base);
	}
}

static void read_type(struct lp_type_load *load, u32 idx)
{
	struct lp_type *type = &load->types->list.items[idx];
	Dwarf_Die *die = &load->dies.items[idx];

	load->members.n = 0;
	type->size = lp_die_number(die, DW_AT_byte_size, 0);
	add_members(load, die, "", 0);
	type->n_members = (u32)load->members.n;
	type->members = lp_memdup(load->arena, load->members.items,
				  load->members.n * sizeof(*load->members.items));
}

static void add_constants(struct lp_type_load *load, Dwarf_Die *parent)
{
	const char *type = lp_type_name(load, parent);
	size_t before = load->types->constants.n;
	Dwarf_Die child;

	for (bool more = lp_die_first(load, parent, &child); more;
	     more = lp_die_next(load, &child)) {
		struct lp_constant constant = { .name = lp_die_name(load, &child), .type = type };
		Dwarf_Attribute attr;
		Dwarf_Sword value;

		if (!constant.name || !dwarf_attr(&child, DW_AT_const_value, &attr) ||
		    dwarf_formsdata(&attr, &value))
			continue;
		constant.value = (u64)value;
		lp_vec_push(load->arena, &load->types->constants, constant);
	}
	if (load->types->constants.n > before)
		load->types->constants.items[load->types->constants.n - 1].is_last = true;
}

/* ---- finding them ---- */

static void take_composite(struct lp_type_load *load, Dwarf_Die *die)
{
	if (dwarf_hasattr(die, DW_AT_declaration))
		return;
	lp_vec_push(load->arena, &load->dies, *die);
}

/*
 * The struct, union or enum without a tag that TYPE, its elements or what it points at are; an
 * inner typedef names it itself. *RET_IS_CONST if it is a const object, which is known by its
 * contents.
 */
static bool find_untagged(struct lp_type_load *load, Dwarf_Die type, Dwarf_Die *ret,
			  bool *ret_is_const)
{
	bool is_pointer = false, is_const = false;

	for (u32 i = 0; i < LP_DWARF_MAX_DEPTH; i++) {
		int tag = dwarf_tag(&type);

		if (is_composite(tag)) {
			*ret = type;
			*ret_is_const = is_const && !is_pointer;
			return !lp_die_name(load, &type);
		}
		is_pointer |= tag == DW_TAG_pointer_type;
		is_const |= tag == DW_TAG_const_type;
		if ((tag != DW_TAG_pointer_type && tag != DW_TAG_array_type &&
		     !lp_is_qualifier(tag)) ||
		    !lp_die_type(load, &type, &type))
			return false;
	}
	return false;
}

/* A type without a tag is called like the typedef or the variable that it was written for. */
static void take_name(struct lp_type_load *load, Dwarf_Die *die, const char *function)
{
	bool is_typedef = dwarf_tag(die) == DW_TAG_typedef, is_const;
	const char *name = lp_die_name(load, die);
	Dwarf_Die type;

	if (!name || !lp_die_type(load, die, &type) ||
	    !find_untagged(load, type, &type, &is_const) || (is_const && !is_typedef) ||
	    lp_die_get(&load->typedefs, type.addr) != LP_MAP_NONE)
		return;
	if (function && !is_typedef)
		name = lp_printf(load->arena, "%s.%s", function, name);
	lp_die_set(load->arena, &load->typedefs, type.addr, (u32)load->names.n);
	lp_vec_push(load->arena, &load->names, name);
}

/* Types may be local to a function or a block. What was inlined repeats what is told elsewhere. */
static void collect(struct lp_type_load *load, Dwarf_Die *scope, const char *function)
{
	Dwarf_Die child;

	if (load->depth >= LP_DWARF_MAX_DEPTH)
		return;
	load->depth++;
	for (bool more = lp_die_first(load, scope, &child); more;
	     more = lp_die_next(load, &child)) {
		int tag = dwarf_tag(&child);

		if (is_composite(tag))
			take_composite(load, &child);
		else if (tag == DW_TAG_typedef || tag == DW_TAG_variable)
			take_name(load, &child, function);
		else if (tag == DW_TAG_subprogram)
			collect(load, &child, lp_die_name(load, &child));
		else if (tag == DW_TAG_lexical_block)
			collect(load, &child, function);
		if (is_composite(tag) || tag == DW_TAG_base_type || tag == DW_TAG_pointer_type)
			load->types->is_empty = false;
	}
	load->depth--;
}

/* Keeps of the DIEs that were collected those of named structs and unions, and chains them. */
/* libdw frees the name with the tables that it is from. */
static const char *decl_file(struct lp_type_load *load, Dwarf_Die *die)
{
	const char *file = dwarf_decl_file(die);

	return file ? lp_strdup(load->arena, file) : NULL;
}

static void name_types(struct lp_type_load *load)
{
	struct lp_types *types = load->types;
	size_t n = 0;

	for (size_t i = 0; i < load->dies.n; i++) {
		Dwarf_Die *die = &load->dies.items[i];
		struct lp_type type = { .name = lp_type_name(load, die), .die = die->addr };

		if (dwarf_tag(die) == DW_TAG_enumeration_type)
			add_constants(load, die);
		if (!type.name || dwarf_tag(die) == DW_TAG_enumeration_type)
			continue;
		u32 idx = (u32)n;

		type.next_in_name = lp_map_set_str(load->arena, &types->by_name, type.name, idx);
		lp_die_set(load->arena, &types->by_die, type.die, idx);
		lp_vec_push(load->arena, &types->list, type);
		load->dies.items[n++] = *die;
		u32 next = type.next_in_name;

		/* Reading the names of files is slow: only those that are needed. */
		if (next == LP_MAP_NONE)
			continue;
		types->list.items[idx].file = decl_file(load, die);
		types->list.items[next].file = decl_file(load, &load->dies.items[next]);
	}
	load->dies.n = n;
}

/* ---- who uses them ---- */

/* True for a variable on the stack or in a register, or one that has no place at all. */
static bool is_automatic(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Block block;

	if (dwarf_hasattr(die, DW_AT_external))
		return false;
	/* Several places at different times: such a variable is not static. */
	if (!dwarf_attr(die, DW_AT_location, &attr) || dwarf_formblock(&attr, &block) ||
	    !block.length)
		return true;
	switch (block.data[0]) {
	case DW_OP_addr:
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
	case DW_OP_const4u: /* thread-local */
	case DW_OP_const8u:
	case DW_OP_constx:
	case DW_OP_GNU_const_index:
		return false;
	default:
		return true;
	}
}

static void find_use(struct lp_type_load *load, Dwarf_Die *die, bool is_in_function)
{
	int tag = dwarf_tag(die);
	Dwarf_Die type;

	if (tag == DW_TAG_typedef || lp_is_qualifier(tag) ||
	    (tag == DW_TAG_variable && is_in_function && is_automatic(die)))
		return;
	if (!lp_die_type(load, die, &type) || !lp_die_peel(load, &type))
		return;
	u32 idx = lp_die_get(&load->types->by_die, type.addr);

	if (idx != LP_MAP_NONE)
		load->types->list.items[idx].is_shared = true;
}

static void find_uses(struct lp_type_load *load, Dwarf_Die *scope, bool is_in_function, u32 depth)
{
	Dwarf_Die child;

	find_use(load, scope, is_in_function);
	if (depth >= LP_DWARF_MAX_DEPTH)
		return;
	is_in_function |= dwarf_tag(scope) == DW_TAG_subprogram;
	for (bool more = lp_die_first(load, scope, &child); more; more = lp_die_next(load, &child))
		find_uses(load, &child, is_in_function, depth + 1);
}

/* ---- the whole ---- */

struct lp_err *lp_types_load(struct lp_arena *arena, const struct lp_elf *elf,
			     struct lp_types **ret)
{
	struct lp_types *types = lp_new(arena, struct lp_types);
	struct lp_type_load load = { .arena = arena, .types = types };
	struct lp_dwarf dwarf;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	int end;

	*ret = NULL;
	types->is_empty = true;
	LP_TRY(lp_dwarf_image(arena, elf, &types->image, &types->image_size));
	if (!types->image)
		return NULL;
	LP_TRY(lp_dwarf_open(elf->path, types->image, types->image_size, &dwarf));
	while (!(end = lp_dwarf_next_unit(&dwarf, &cu, &unit)))
		collect(&load, &unit, NULL);
	name_types(&load);
	for (u32 i = 0; i < types->list.n; i++)
		read_type(&load, i);
	struct lp_err *err = NULL;

	if (end < 0 || load.is_damaged)
		err = lp_dwarf_damaged(elf->path);
	lp_dwarf_close(&dwarf);
	if (!err)
		*ret = types;
	return err;
}

struct lp_err *lp_types_find_uses(const struct lp_elf *elf, struct lp_types *types)
{
	struct lp_type_load load = { .types = types };
	struct lp_dwarf dwarf;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	int end;

	LP_TRY(lp_dwarf_open(elf->path, types->image, types->image_size, &dwarf));
	while (!(end = lp_dwarf_next_unit(&dwarf, &cu, &unit)))
		find_uses(&load, &unit, false, 0);
	lp_dwarf_close(&dwarf);
	return end < 0 || load.is_damaged ? lp_dwarf_damaged(elf->path) : NULL;
}
