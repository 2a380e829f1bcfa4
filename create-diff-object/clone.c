/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the selected items into an empty object: each into a section of its own name, with
 * relocations that name what they mean (see lib/diffobj.h).
 */
#include <string.h>

#include "create-diff-object/text.h"

static bool is_selected_function(const struct cdo_diff *diff, u32 item)
{
	enum cdo_kind kind = diff->patched.items[item].kind;

	return (kind == CDO_FUNC || kind == CDO_COLD) && diff->selected[item];
}

static void define_symbol(struct cdo_output *o, u32 idx, u32 section)
{
	struct cdo_diff *diff = o->diff;
	const struct cdo_item *item = &diff->patched.items[idx];
	const struct lp_symbol *from = &diff->patched.elf->symbols[item->sym];
	struct lp_symbol sym = { .name = item->name,
				 .size = item->size,
				 .type = item->sym ? from->type : STT_OBJECT,
				 .bind = item->sym ? from->bind : STB_LOCAL,
				 .vis = item->sym ? from->vis : STV_DEFAULT,
				 .shndx = section };
	bool is_replacement = item->kind == CDO_FUNC && diff->verdict[idx] == CDO_CHANGED;

	if (item->sym && from->size)
		sym.size = from->size;
	if (is_replacement) {
		const struct cdo_item *old = &diff->orig.items[diff->patched.twin[idx]];

		sym.name = lp_mark_name(diff->arena, LP_MARK_NEW, diff->object, old->name);
		sym.bind = STB_LOCAL;
		sym.vis = STV_DEFAULT;
	}
	o->places[idx].sym = lp_out_symbol(o->out, &sym);
	/* Other objects of the patch refer to a function that became global by its plain name. */
	if (is_replacement && from->bind != STB_LOCAL &&
	    diff->orig.elf->symbols[diff->orig.items[diff->patched.twin[idx]].sym].bind ==
		    STB_LOCAL) {
		sym.name = item->name;
		sym.bind = from->bind;
		lp_out_symbol(o->out, &sym);
	}
}

/* The new contents of an object of the running program, which keeps its place. */
static void put_table(struct cdo_output *o, u32 idx)
{
	struct cdo_diff *diff = o->diff;
	const struct cdo_item *item = &diff->patched.items[idx];
	const struct lp_section *sec = &diff->patched.elf->sections[item->section];
	const char *name = diff->orig.items[diff->patched.twin[idx]].name;
	u32 section = lp_out_section(o->out, lp_printf(diff->arena, "%s%s", LP_SEC_TABLE, name),
				     SHT_PROGBITS, 0, 1, 0);
	struct lp_symbol sym = { .name = lp_mark_name(diff->arena, LP_MARK_TABLE, diff->object,
						      name),
				 .size = item->size,
				 .type = STT_OBJECT,
				 .bind = STB_LOCAL,
				 .shndx = section };

	lp_out_append(o->out, section, lp_section_at(sec, item->off), item->size, 1);
	o->places[idx].section = section;
	o->places[idx].sym = lp_out_symbol(o->out, &sym);
}

static void put_item(struct cdo_output *o, u32 idx)
{
	const struct lp_elf *elf = o->diff->patched.elf;
	const struct cdo_item *item = &o->diff->patched.items[idx];
	const struct lp_section *sec = &elf->sections[item->section];
	/* Hooks are const, but in PIE code the compiler leaves their section writable. */
	const u64 keep = SHF_ALLOC | SHF_EXECINSTR | (item->kind == CDO_AUTHOR ? 0 : SHF_WRITE);
	u32 section =
		lp_out_section(o->out, sec->name, sec->type, sec->flags & keep, sec->align, 0);

	lp_out_append(o->out, section, lp_section_at(sec, item->off), item->size, 1);
	o->places[idx].section = section;
	define_symbol(o, idx, section);
}

/* True if SRC and DST are the two parts of one function. */
static bool is_same_unit(const struct cdo_diff *diff, u32 src, u32 dst)
{
	const struct cdo_item *item = &diff->patched.items[src];

	return src == dst || item->cold == dst || item->parent == dst;
}

/*
 * Which symbol stands for the target of a relocation in item SRC. Whoever means the function F,
 * even F itself, gets the running one, whose first bytes will jump to the copy. Only what goes
 * into the middle of F (jump tables, its cold part) must stay in the copy. A hook runs when that
 * jump is not there (yet, or any more), and means the copy.
 */
static u32 item_symbol(struct cdo_output *o, u32 src, const struct lp_reloc *rel,
		       const struct cdo_target *target)
{
	struct cdo_diff *diff = o->diff;
	const struct cdo_item *dst = &diff->patched.items[target->idx];
	bool is_inside = target->place != 0 || dst->kind == CDO_COLD;

	if (dst->kind == CDO_CONTENT || diff->patched.twin[target->idx] == CDO_NONE)
		return o->places[target->idx].sym;
	if (is_selected_function(diff, target->idx)) {
		bool is_table = diff->patched.items[src].kind == CDO_CONTENT;

		if (diff->patched.items[src].kind == CDO_AUTHOR)
			return o->places[target->idx].sym;

		if (is_table && rel->type != R_X86_64_64)
			is_inside = true; /* `label - table`, the label may be the first byte */
		if (is_inside && (is_table || is_same_unit(diff, src, target->idx)))
			return o->places[target->idx].sym;
	}
	return cdo_running_symbol(o, diff->patched.twin[target->idx]);
}

static void put_reloc(struct cdo_output *o, u32 src, u32 rel_idx)
{
	struct cdo_diff *diff = o->diff;
	const struct lp_elf *elf = diff->patched.elf;
	const struct lp_reloc *rel = &elf->rels[rel_idx];
	const struct cdo_target *target = &diff->patched.targets[rel_idx];
	const struct cdo_place *place = &o->places[src];
	u32 sym = 0;

	switch (target->kind) {
	case CDO_REF_NONE:
	case CDO_REF_LOST: /* refused by cdo_check_selection() */
		return;
	case CDO_REF_UNDEF:
		sym = cdo_undefined_symbol(o, elf->symbols[target->idx].name,
					   &elf->symbols[target->idx]);
		break;
	case CDO_REF_STRING:
	case CDO_REF_CONST:
		sym = cdo_constant_symbol(o, &diff->patched, target);
		break;
	case CDO_REF_ITEM:
		sym = item_symbol(o, src, rel, target);
		break;
	}
	lp_out_reloc(o->out, place->section, rel->off - diff->patched.items[src].off, rel->type,
		     sym, target->addend);
}

/* What put_reloc() does for the address of a replaced function, where there is no relocation. */
static void put_own_addresses(struct cdo_output *o, u32 src)
{
	struct cdo_diff *diff = o->diff;
	struct cdo_insn insn = { 0 };

	if (!is_selected_function(diff, src) || diff->patched.twin[src] == CDO_NONE)
		return;
	while (cdo_find_own_address(&diff->patched, src, &insn))
		lp_out_reloc(o->out, o->places[src].section, insn.off + insn.raw.disp.off,
			     R_X86_64_PC32, cdo_running_symbol(o, diff->patched.twin[src]),
			     (s64)insn.raw.disp.off - insn.raw.len);
}

static void put_info(struct cdo_output *o)
{
	struct lp_info info = { 0 };

	cdo_make_info(o->diff, &info);
	const char *text = lp_info_format(o->diff->arena, &info);
	u32 section = lp_out_section(o->out, LP_SEC_INFO, SHT_PROGBITS, 0, 1, 0);

	lp_out_append(o->out, section, text, strlen(text), 1);
}

/* Whoever is in the cold part is in the function. */
static void put_originals(struct cdo_output *o, u32 orig_item)
{
	u32 cold = o->diff->orig.items[orig_item].cold;

	(void)cdo_put_original(o, orig_item);
	if (cold != CDO_NONE)
		(void)cdo_put_original(o, cold);
}

struct lp_err *cdo_clone(struct cdo_diff *diff, struct lp_out *out)
{
	struct cdo_output o = { .diff = diff, .out = out };
	const struct cdo_side *side = &diff->patched;
	u32 note = lp_out_section(out, ".note.GNU-stack", SHT_PROGBITS, 0, 1, 0);

	(void)note; /* its presence says that no executable stack is wanted */
	o.places = lp_new_array(diff->arena, side->n_items, struct cdo_place);
	o.originals = lp_new_array(diff->arena, diff->orig.n_items, u32);
	for (u32 i = 0; i < side->n_items; i++) {
		if (diff->selected[i] && diff->is_table[i])
			put_table(&o, i);
		else if (diff->selected[i])
			put_item(&o, i);
	}
	for (u32 i = 0; i < side->n_items; i++) {
		if (!diff->selected[i])
			continue;
		for (u32 k = 0; k < side->items[i].n_rels; k++)
			put_reloc(&o, i, side->items[i].rel_first + k);
		put_own_addresses(&o, i);
	}
	LP_TRY(cdo_put_frames(&o));
	for (u32 i = 0; i < side->n_items; i++) {
		if (side->items[i].kind == CDO_FUNC && diff->verdict[i] == CDO_CHANGED)
			put_originals(&o, side->twin[i]);
		else if (diff->is_table[i])
			(void)cdo_put_original(&o, side->twin[i]);
	}
	put_info(&o);
	return NULL;
}
