/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types that the debug information of an object tells of: structs, unions and enums, each
 * with its members. Declarations without a body are left out, and so are types without any
 * name; those are told as part of the type that holds them. Plain data, so that two objects
 * can be compared.
 */
#ifndef LP_DWARF_TYPES_H
#define LP_DWARF_TYPES_H

#include "lib/elf.h"

struct lp_type_member {
	const char *name; /* "a", "a.b" in a nameless struct a, "" for nameless ones */
	u64 bit;	  /* where it begins, in bits from the start of the type */
	u64 n_bits;	  /* width of a bit-field, else 0 */
	u64 size;	  /* of its type, in bytes; 0 when unknown */
	const char *type; /* "int", "struct x *[4]": equal for equal types of two objects */
};

struct lp_type {
	const char *name; /* "struct x", "union x"; of one without a tag its typedef or variable */
	const char *file; /* that declares it; NULL unless others have its name */
	u64 size;
	const struct lp_type_member *members;
	u32 n_members;
	u32 next_in_name; /* index of another type of that name, or LP_MAP_NONE */
	/* Set by lp_types_find_uses(): something else than a plain local variable uses it. */
	bool is_shared;
	const void *die; /* to find it again */
};

struct lp_constant { /* of an enum */
	const char *name;
	const char *type; /* "enum x", NULL for a nameless one */
	u64 value;	  /* sign-extended */
	bool is_last;	  /* in its enum */
};

struct lp_types {
	LP_VEC(struct lp_type) list; /* in the order of the debug information */
	LP_VEC(struct lp_constant) constants;
	struct lp_map by_name; /* name -> one of list, the others by next_in_name */
	struct lp_map by_die;  /* address of the DIE -> list */
	const u8 *image;       /* the debug sections, relocated */
	size_t image_size;
	bool is_empty; /* the debug information tells no types at all (-g1) */
};

/* The types of ELF, a relocatable object; *RET is NULL when it has no debug information. */
struct lp_err *lp_types_load(struct lp_arena *arena, const struct lp_elf *elf,
			     struct lp_types **ret) LP_MUST_CHECK;
/* Sets is_shared of all types. A walk over all of the debug information. */
struct lp_err *lp_types_find_uses(const struct lp_elf *elf, struct lp_types *types) LP_MUST_CHECK;

#endif
