/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the reader of types: what it has found, and how it asks libdw. */
#ifndef LP_DWARF_LOAD_H
#define LP_DWARF_LOAD_H

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "lib/dwarf_types.h"

/* Nesting of scopes and types; damaged debug information may refer to itself. */
#define LP_DWARF_MAX_DEPTH 100

struct lp_type_load {
	struct lp_arena *arena;
	struct lp_types *types;
	LP_VEC(Dwarf_Die) dies; /* of types->list */
	struct lp_map typedefs; /* address of an untagged type's DIE -> names: how it is called */
	struct lp_map texts;	/* address of a type's DIE -> names: how it is described */
	struct lp_strs names;
	LP_VEC(struct lp_type_member) members; /* of the type that is read */
	u32 depth;
	bool is_damaged; /* something could not be read: nothing may be concluded from the rest */
};

/* Maps from the address of a DIE. */
u32 lp_die_get(const struct lp_map *map, const void *addr);
void lp_die_set(struct lp_arena *arena, struct lp_map *map, const void *addr, u32 value);

u64 lp_die_number(Dwarf_Die *die, unsigned int name, u64 otherwise);
const char *lp_die_name(struct lp_type_load *load, Dwarf_Die *die);
/* What DW_AT_type of DIE refers to; false when it has none. */
bool lp_die_type(struct lp_type_load *load, Dwarf_Die *die, Dwarf_Die *ret);
/* The first child of PARENT, and the one behind DIE; false when there is none. */
bool lp_die_first(struct lp_type_load *load, Dwarf_Die *parent, Dwarf_Die *ret);
bool lp_die_next(struct lp_type_load *load, Dwarf_Die *die);
bool lp_is_qualifier(int tag);
/* Steps from a typedef or qualifier to what it stands for; false for void. */
bool lp_die_peel(struct lp_type_load *load, Dwarf_Die *die);

/* The name of a struct, union or enum, or of its typedef; NULL when it has none. */
const char *lp_type_name(struct lp_type_load *load, Dwarf_Die *die);
/* Any type as text: "int", "struct x *[4]". */
const char *lp_type_text(struct lp_type_load *load, Dwarf_Die *die);

#endif
