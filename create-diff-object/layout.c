/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares types of the two objects: does what lies in memory still mean the same? */
#include "create-diff-object/layout.h"

#include <inttypes.h>
#include <string.h>

/* A function of the fix that reads memory by another layout than its writer's is what matters,
 * and a table that old code reads. */
static bool has_new_code(const struct cdo_diff *diff)
{
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		if ((diff->patched.items[i].kind == CDO_FUNC && diff->verdict[i] != CDO_SAME) ||
		    diff->is_table[i])
			return true;
	}
	return false;
}

static const char *text_of_place(struct lp_arena *arena, const struct lp_type_member *member)
{
	if (!member->n_bits)
		return lp_printf(arena, "offset %" PRIu64, member->bit / 8);
	return lp_printf(arena, "offset %" PRIu64 " bit %" PRIu64, member->bit / 8,
			 member->bit % 8);
}

static const char *text_of_type(struct lp_arena *arena, const struct lp_type_member *member)
{
	if (!member->n_bits)
		return lp_printf(arena, "'%s'", member->type);
	return lp_printf(arena, "%" PRIu64 " bits of '%s'", member->n_bits, member->type);
}

static bool has_member(const struct lp_type *type, const char *name)
{
	for (u32 i = 0; i < type->n_members; i++) {
		if (!strcmp(type->members[i].name, name))
			return true;
	}
	return false;
}

static bool is_same_place(const struct lp_type_member *a, const struct lp_type_member *b)
{
	return a->bit == b->bit && a->n_bits == b->n_bits && a->size == b->size &&
	       !strcmp(a->type, b->type);
}

/* Another name for the same thing; but two members that changed places are no renames. */
static bool is_renamed(const struct lp_type *orig, const struct lp_type_member *a,
		       const struct lp_type *patched, const struct lp_type_member *b)
{
	return !has_member(orig, b->name) && !has_member(patched, a->name);
}

/* What is different about members A and B, the first ones that are. */
static const char *text_of_pair(struct lp_arena *arena, const struct lp_type_member *a,
				const struct lp_type_member *b)
{
	const char *place = text_of_place(arena, b);

	if (strcmp(a->name, b->name) != 0)
		return lp_printf(arena, "member '%s' at %s (was '%s')", b->name, place, a->name);
	if (a->bit != b->bit)
		return lp_printf(arena, "member '%s' at %s (was at %s)", b->name, place,
				 text_of_place(arena, a));
	if (strcmp(a->type, b->type) != 0 || a->n_bits != b->n_bits)
		return lp_printf(arena, "member '%s' at %s is %s (was %s)", b->name, place,
				 text_of_type(arena, b), text_of_type(arena, a));
	return lp_printf(arena, "member '%s' at %s has %" PRIu64 " bytes (was %" PRIu64 ")",
			 b->name, place, b->size, a->size);
}

/* The first difference of members as text, NULL when there is none. */
static const char *compare_members(struct lp_arena *arena, const struct lp_type *orig,
				   const struct lp_type *patched)
{
	u32 n = orig->n_members < patched->n_members ? orig->n_members : patched->n_members;

	for (u32 i = 0; i < n; i++) {
		const struct lp_type_member *a = &orig->members[i], *b = &patched->members[i];

		if (!is_same_place(a, b) ||
		    (strcmp(a->name, b->name) != 0 && !is_renamed(orig, a, patched, b)))
			return text_of_pair(arena, a, b);
	}
	if (n < patched->n_members)
		return lp_printf(arena, "member '%s' at %s is new", patched->members[n].name,
				 text_of_place(arena, &patched->members[n]));
	if (n < orig->n_members)
		return lp_printf(arena, "member '%s' at %s is gone", orig->members[n].name,
				 text_of_place(arena, &orig->members[n]));
	return NULL;
}

static bool is_changed(struct lp_arena *arena, const struct lp_type *orig,
		       const struct lp_type *patched, const char **ret_detail)
{
	*ret_detail = compare_members(arena, orig, patched);
	return *ret_detail || orig->size != patched->size;
}

static bool is_same_file(const struct lp_type *a, const struct lp_type *b)
{
	return !a->file || !b->file || !strcmp(a->file, b->file);
}

/*
 * The type of ORIG that PATCHED has to be compared with, or LP_MAP_NONE for a new one. Functions
 * of one file may each have a type of the same name: if it is equal to any of them it is that one.
 */
static u32 find_orig(struct cdo_diff *diff, const struct lp_type *patched)
{
	const struct lp_types *types = diff->orig.types;
	u32 idx = lp_map_get_str(&types->by_name, patched->name), found = LP_MAP_NONE;
	const char *detail;

	for (; idx != LP_MAP_NONE; idx = types->list.items[idx].next_in_name) {
		const struct lp_type *orig = &types->list.items[idx];

		if (!is_same_file(orig, patched))
			continue;
		found = idx;
		if (!is_changed(diff->arena, orig, patched, &detail))
			break;
	}
	return found;
}

static void compare_types(struct cdo_diff *diff)
{
	const struct lp_types *types = diff->patched.types;

	for (u32 i = 0; i < types->list.n; i++) {
		const struct lp_type *type = &types->list.items[i];
		struct cdo_layout layout = { .orig = find_orig(diff, type), .patched = i };

		if (layout.orig != LP_MAP_NONE &&
		    is_changed(diff->arena, &diff->orig.types->list.items[layout.orig], type,
			       &layout.detail))
			lp_vec_push(diff->arena, &diff->layouts, layout);
	}
}

/* Drops the types that only plain local variables have: these die with their function. */
static void drop_local(struct cdo_diff *diff)
{
	size_t n = 0;

	for (size_t i = 0; i < diff->layouts.n; i++) {
		struct cdo_layout layout = diff->layouts.items[i];

		if (diff->orig.types->list.items[layout.orig].is_shared ||
		    diff->patched.types->list.items[layout.patched].is_shared)
			diff->layouts.items[n++] = layout;
	}
	diff->layouts.n = n;
}

/* True if TYPE, a member's, is NAME or an array of it; a pointer to it is not. */
static bool is_made_of(const char *type, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(type, name, len) && (type[len] == '\0' || type[len] == '[');
}

/* A member of TYPE that has changed its own layout, an index into layouts, or CDO_NONE. */
static u32 find_changed_member(const struct cdo_diff *diff, const struct lp_type *type)
{
	for (u32 i = 0; i < type->n_members; i++) {
		for (u32 k = 0; k < diff->layouts.n; k++) {
			u32 other = diff->layouts.items[k].patched;

			if (is_made_of(type->members[i].type,
				       diff->patched.types->list.items[other].name))
				return k;
		}
	}
	return CDO_NONE;
}

/* The members are what they were, but for their places and sizes. */
static bool has_same_members(const struct lp_type *orig, const struct lp_type *patched)
{
	for (u32 i = 0; i < orig->n_members && i < patched->n_members; i++) {
		const struct lp_type_member *a = &orig->members[i], *b = &patched->members[i];

		if (a->n_bits != b->n_bits || strcmp(a->name, b->name) != 0 ||
		    strcmp(a->type, b->type) != 0)
			return false;
	}
	return orig->n_members == patched->n_members;
}

/* A struct that has grown makes all grow that hold one: that is said of the one alone. */
static void find_causes(struct cdo_diff *diff)
{
	for (size_t i = 0; i < diff->layouts.n; i++) {
		struct cdo_layout *layout = &diff->layouts.items[i];
		const struct lp_type *patched = &diff->patched.types->list.items[layout->patched];

		layout->cause = CDO_NONE;
		if (has_same_members(&diff->orig.types->list.items[layout->orig], patched))
			layout->cause = find_changed_member(diff, patched);
	}
}

struct lp_err *cdo_compare_types(struct cdo_diff *diff)
{
	if (!has_new_code(diff))
		return NULL;
	diff->is_types_checked = true;
	LP_TRY(lp_types_load(diff->arena, diff->orig.elf, &diff->orig.types));
	LP_TRY(lp_types_load(diff->arena, diff->patched.elf, &diff->patched.types));
	if (!diff->orig.types || !diff->patched.types)
		return NULL;
	compare_types(diff);
	if (!diff->layouts.n)
		return NULL;
	LP_TRY(lp_types_find_uses(diff->orig.elf, diff->orig.types));
	LP_TRY(lp_types_find_uses(diff->patched.elf, diff->patched.types));
	drop_local(diff);
	find_causes(diff);
	return NULL;
}

const char *cdo_unchecked_types(const struct cdo_diff *diff)
{
	if (!diff->is_types_checked)
		return NULL;
	if (!diff->orig.types && !diff->patched.types)
		return "no debug information";
	if (diff->orig.types && diff->patched.types && diff->orig.types->is_empty &&
	    diff->patched.types->is_empty)
		return "no types in the debug information";
	return NULL;
}
