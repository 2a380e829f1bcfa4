/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about data: the running program has its own, which no patch may replace. */
#include <inttypes.h>
#include <string.h>

#include "create-diff-object/rules.h"

/* Something that refers to the item, or CDO_NONE. */
static u32 find_user(const struct cdo_side *side, u32 idx)
{
	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			if (side->targets[k].kind == CDO_REF_ITEM && side->targets[k].idx == idx)
				return i;
		}
	}
	return CDO_NONE;
}

/* Its name, for items whose own means nothing to people. */
static const char *user_of(const struct cdo_side *side, u32 idx)
{
	u32 user = find_user(side, idx);

	return user == CDO_NONE ? NULL : side->items[user].name;
}

/* A const object can be replaced in place if its size is the same, and so can one that points to a
 * nameless array, of any size. */
static void advise_table(struct cdo_diff *diff, u32 idx)
{
	const struct cdo_side *side = &diff->patched;
	u32 table = idx;

	if (cdo_is_compiler_object(side->items[idx].base))
		table = find_user(side, idx);
	else if (diff->orig.items[side->twin[idx]].size != side->items[idx].size)
		return;
	if (table == CDO_NONE || side->items[table].kind != CDO_DATA ||
	    side->items[table].is_writable)
		return;
	cdo_advise(diff,
		   "if what exists may follow the new contents from one moment to the next, and "
		   "copies of them may stay as they are, replace it in place: "
		   "LIVEPATCH_TABLE(%s) or --allow-table %s",
		   side->items[table].base, side->items[table].base);
}

void cdo_rule_data(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];

		if (item->kind != CDO_DATA || diff->verdict[i] != CDO_CHANGED ||
		    !item->is_known_use || diff->is_table[i])
			continue;
		u32 orig = diff->patched.twin[i];

		if (diff->orig.items[orig].kind == CDO_TLS)
			continue;
		const char *user = strchr(item->name, '.') ? user_of(&diff->patched, i) : NULL;

		cdo_find(diff, rule,
			 "initial data of '%s'%s%s%s has changed: %" PRIu64
			 " bytes before, %" PRIu64 " now, first difference at 0x%" PRIx64 ": %s",
			 diff->orig.items[orig].name, user ? " (used by '" : "", user ? user : "",
			 user ? "')" : "", diff->orig.items[orig].size, item->size,
			 diff->why[i].off, diff->why[i].what);
		advise_table(diff, i);
	}
}

/* A common symbol (int x; with -fcommon) is data without a section. */
void cdo_rule_common(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct lp_elf *orig = diff->orig.elf, *patched = diff->patched.elf;
	struct lp_map sizes = { 0 };

	for (u32 i = 1; i < orig->n_symbols; i++) {
		if (orig->symbols[i].shndx == LP_SHN_COMMON)
			lp_map_set_str(diff->arena, &sizes, orig->symbols[i].name, i);
	}
	for (u32 i = 1; i < patched->n_symbols; i++) {
		const struct lp_symbol *sym = &patched->symbols[i];

		if (sym->shndx != LP_SHN_COMMON)
			continue;
		u32 twin = lp_map_get_str(&sizes, sym->name);

		if (twin == LP_MAP_NONE || orig->symbols[twin].size != sym->size)
			cdo_find(diff, rule, "common variable '%s' of %" PRIu64 " bytes %s",
				 sym->name, sym->size,
				 twin == LP_MAP_NONE ? "is new" : "has changed its size");
	}
}

void cdo_rule_tls(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		u32 twin = diff->patched.twin[i];

		if (diff->verdict[i] == CDO_NEW && item->kind == CDO_TLS)
			cdo_find(diff, rule, "thread-local '%s' is new", item->name);
		if (diff->verdict[i] != CDO_CHANGED || twin == CDO_NONE)
			continue;
		if (item->kind != CDO_TLS && diff->orig.items[twin].kind == CDO_TLS)
			cdo_find(diff, rule, "'%s' is thread-local no more", item->name);
		else if (item->kind == CDO_TLS)
			cdo_find(diff, rule, "thread-local '%s' has changed", item->name);
	}
}

/* The targets of all constructor tables of one type, in order. */
struct ctors {
	LP_VEC(u32) rels; /* indices into elf->rels */
	LP_VEC(u32) items;
};

static struct ctors list_ctors(struct lp_arena *arena, const struct cdo_side *side)
{
	struct ctors list = { 0 };

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		if (item->kind != CDO_CTORS)
			continue;
		for (u32 k = 0; k < item->n_rels; k++) {
			lp_vec_push(arena, &list.rels, item->rel_first + k);
			lp_vec_push(arena, &list.items, i);
		}
	}
	return list;
}

static const char *ctor_name(const struct cdo_side *side, u32 rel)
{
	const struct cdo_target *target = &side->targets[rel];

	if (target->kind == CDO_REF_ITEM)
		return side->items[target->idx].name;
	if (target->kind == CDO_REF_UNDEF)
		return side->elf->symbols[target->idx].name;
	return "?";
}

static bool is_same_ctor(const struct cdo_diff *diff, u32 orig_rel, u32 patched_rel)
{
	const struct cdo_target *a = &diff->orig.targets[orig_rel];
	const struct cdo_target *b = &diff->patched.targets[patched_rel];

	if (a->kind != b->kind || a->addend != b->addend)
		return false;
	if (a->kind == CDO_REF_ITEM)
		return diff->orig.twin[a->idx] == b->idx;
	return !strcmp(ctor_name(&diff->orig, orig_rel), ctor_name(&diff->patched, patched_rel));
}

void cdo_rule_constructor(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	struct ctors a = list_ctors(diff->arena, &diff->orig);
	struct ctors b = list_ctors(diff->arena, &diff->patched);
	size_t n = a.rels.n < b.rels.n ? a.rels.n : b.rels.n;

	for (size_t i = 0; i < n; i++) {
		const struct cdo_item *x = &diff->orig.items[a.items.items[i]];
		const struct cdo_item *y = &diff->patched.items[b.items.items[i]];
		u32 target = diff->patched.targets[b.rels.items[i]].idx;

		if (!is_same_ctor(diff, a.rels.items[i], b.rels.items[i]) ||
		    strcmp(x->name, y->name) != 0) {
			cdo_find(diff, rule, "section '%s' runs '%s' where it ran '%s'", y->name,
				 ctor_name(&diff->patched, b.rels.items[i]),
				 ctor_name(&diff->orig, a.rels.items[i]));
			return;
		}
		if (diff->patched.targets[b.rels.items[i]].kind == CDO_REF_ITEM &&
		    diff->verdict[target] == CDO_CHANGED)
			cdo_find(diff, rule, "'%s', which section '%s' runs at start, has changed",
				 ctor_name(&diff->patched, b.rels.items[i]), y->name);
	}
	for (size_t i = n; i < b.rels.n; i++)
		cdo_find(diff, rule, "section '%s' has the new constructor '%s'",
			 diff->patched.items[b.items.items[i]].name,
			 ctor_name(&diff->patched, b.rels.items[i]));
	for (size_t i = n; i < a.rels.n; i++)
		cdo_find(diff, rule, "section '%s' has lost the constructor '%s'",
			 diff->orig.items[a.items.items[i]].name,
			 ctor_name(&diff->orig, a.rels.items[i]));
}

/* "'count.3' (of 'work')": the number alone means nothing to people. */
static const char *name_static(struct cdo_diff *diff, const struct cdo_side *side, u32 idx)
{
	const char *user = user_of(side, idx);

	return lp_printf(diff->arena, "'%s'%s%s%s", side->items[idx].name, user ? " (of '" : "",
			 user ? user : "", user ? "')" : "");
}

void cdo_rule_ambiguous(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_side *orig = &diff->orig, *patched = &diff->patched;

	for (size_t i = 0; i < diff->ambiguities.n; i++) {
		const struct cdo_ambiguity *open = &diff->ambiguities.items[i];

		if (open->orig_too != CDO_NONE)
			cdo_find(diff, rule,
				 "static %s of the patched object may be %s or %s of the original",
				 name_static(diff, patched, open->patched),
				 name_static(diff, orig, open->orig),
				 name_static(diff, orig, open->orig_too));
		else if (open->patched_too != CDO_NONE)
			cdo_find(diff, rule,
				 "static %s of the original may be %s or %s of the patched object",
				 name_static(diff, orig, open->orig),
				 name_static(diff, patched, open->patched),
				 name_static(diff, patched, open->patched_too));
		else
			cdo_find(diff, rule,
				 "static %s of the patched object may be %s of the original or a "
				 "new one",
				 name_static(diff, patched, open->patched),
				 name_static(diff, orig, open->orig));
	}
}

/* Does REL say something about the code at a place of a function, and not only where that begins?
 * Then what it says is about that code and no other: Xen's .altinstructions and .bug_frames. */
static bool is_about_code(const struct cdo_side *side, u32 rel)
{
	const struct cdo_target *target = &side->targets[rel];

	if (target->kind != CDO_REF_ITEM || (side->items[target->idx].kind != CDO_FUNC &&
					     side->items[target->idx].kind != CDO_COLD))
		return false;
	return side->elf->rels[rel].type != R_X86_64_64 || target->place != 0;
}

/* The name of a function that changes, or is new, and of whose code ITEM has an entry; or NULL. */
static const char *is_entry_of(const struct cdo_diff *diff, const struct cdo_item *item)
{
	for (u32 rel = item->rel_first; rel < item->rel_first + item->n_rels; rel++) {
		u32 to = diff->patched.targets[rel].idx;

		if (is_about_code(&diff->patched, rel) && diff->verdict[to] != CDO_SAME)
			return diff->patched.items[to].name;
	}
	return NULL;
}

static void find_entries(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		const char *section = diff->patched.elf->sections[item->section].name;
		const char *name;

		if (diff->verdict[i] != CDO_SAME || item->is_known_use ||
		    cdo_has_author_name(section))
			continue;
		name = is_entry_of(diff, item);
		if (name)
			cdo_find(diff, rule, "section '%s' has an entry about code of '%s'",
				 section, name);
	}
}

void cdo_rule_section(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	find_entries(diff, rule);
	for (u32 i = 0; i < diff->patched.n_items; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		const char *section = diff->patched.elf->sections[item->section].name;

		if (diff->verdict[i] == CDO_SAME || cdo_has_author_name(section) ||
		    (item->kind != CDO_ODD && item->is_known_use))
			continue;
		if (item->kind == CDO_CTORS || item->kind == CDO_TLS || item->kind == CDO_COLD)
			continue;
		const char *what = diff->verdict[i] == CDO_NEW
					   ? "is new, and nothing is known about its use"
					   : "has changed";

		if (item->is_known_use && !item->sym)
			cdo_find(diff, rule, "nameless %s in section '%s' %s",
				 diff->patched.elf->sections[item->section].flags & SHF_EXECINSTR
					 ? "code"
					 : "data",
				 section, what);
		else
			cdo_find(diff, rule, "section '%s'%s%s%s %s", section,
				 item->sym ? " ('" : "", item->sym ? item->name : "",
				 item->sym ? "')" : "", what);
	}
}
