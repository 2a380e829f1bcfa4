/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When are two items the same? Their bytes are equal and their relocations point at the
 * same things: the same symbol, an equal string, an equal constant, an equal nameless
 * table, or the twin of the other side. Where something lies, how the compiler numbered
 * it and in which order, does not count.
 */
#include <string.h>

#include "create-diff-object/text.h"

#define MAX_DEPTH    8 /* of contents that lead to contents */
#define CONTENT_BUSY 1 /* being computed: the item refers to itself in a circle */

static u64 hash_string(u64 h, const char *s)
{
	return lp_hash(h, s, strlen(s) + 1);
}

static u64 hash_target(struct cdo_side *side, u64 h, const struct cdo_target *target)
{
	const struct lp_elf *elf = side->elf;
	u64 content;

	h = lp_hash(h, &target->kind, sizeof(target->kind));
	h = lp_hash(h, &target->addend, sizeof(target->addend));
	switch (target->kind) {
	case CDO_REF_NONE:
		return h;
	case CDO_REF_UNDEF:
		return hash_string(h, elf->symbols[target->idx].name);
	case CDO_REF_STRING:
	case CDO_REF_CONST:
		return lp_hash(h, elf->sections[target->idx].data + target->start, target->size);
	case CDO_REF_ITEM:
		if (side->items[target->idx].kind != CDO_CONTENT)
			return hash_string(h, side->items[target->idx].base);
		content = cdo_content(side, target->idx);
		return lp_hash(h, &content, sizeof(content));
	case CDO_REF_LOST:
		return hash_string(h, elf->sections[target->idx].name);
	}
	return h;
}

u64 cdo_content(struct cdo_side *side, u32 idx)
{
	const struct cdo_item *item = &side->items[idx];
	const struct lp_section *sec = &side->elf->sections[item->section];

	if (side->content[idx])
		return side->content[idx];
	side->content[idx] = CONTENT_BUSY;
	u64 h = lp_hash(0, &item->size, sizeof(item->size));

	if (sec->data)
		h = lp_hash(h, sec->data + item->off, item->size);
	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		const struct lp_reloc *rel = &side->elf->rels[i];
		u64 off = rel->off - item->off;

		h = lp_hash(h, &off, sizeof(off));
		h = lp_hash(h, &rel->type, sizeof(rel->type));
		h = hash_target(side, h, &side->targets[i]);
	}
	side->content[idx] = h > CONTENT_BUSY ? h : CONTENT_BUSY + 1;
	return side->content[idx];
}

static bool same_item(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_match match,
		      int depth);

static bool same_target(struct cdo_diff *diff, const struct cdo_target *a,
			const struct cdo_target *b, enum cdo_match match, int depth)
{
	const struct lp_elf *orig = diff->orig.elf, *patched = diff->patched.elf;

	if (a->kind != b->kind || a->addend != b->addend)
		return false;
	switch (a->kind) {
	case CDO_REF_NONE:
		return true;
	case CDO_REF_UNDEF:
		return !strcmp(orig->symbols[a->idx].name, patched->symbols[b->idx].name) &&
		       orig->symbols[a->idx].shndx == patched->symbols[b->idx].shndx &&
		       orig->symbols[a->idx].value == patched->symbols[b->idx].value;
	case CDO_REF_STRING:
	case CDO_REF_CONST:
		return a->size == b->size &&
		       !memcmp(orig->sections[a->idx].data + a->start,
			       patched->sections[b->idx].data + b->start, a->size);
	case CDO_REF_ITEM:
		return same_item(diff, a->idx, b->idx, match, depth);
	case CDO_REF_LOST:
		return !strcmp(orig->sections[a->idx].name, patched->sections[b->idx].name);
	}
	return false;
}

static struct cdo_difference compare(struct cdo_diff *diff, u32 orig, u32 patched,
				     enum cdo_match match, int depth);

static bool same_item(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_match match, int depth)
{
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];

	if ((a->kind == CDO_CONTENT) != (b->kind == CDO_CONTENT))
		return false;
	if (a->kind == CDO_CONTENT) {
		if (cdo_content(&diff->orig, orig) != cdo_content(&diff->patched, patched))
			return false;
		/* The hash knows statics by base name only; see whether they are twins. */
		return depth == 0 || !compare(diff, orig, patched, match, depth - 1).what;
	}
	if (match == CDO_BY_NAME)
		return a->kind == b->kind && !strcmp(a->base, b->base);
	return diff->orig.twin[orig] == patched;
}

/* Offset of the first differing byte, or LEN; missing contents (.bss) are zeros. */
static u64 first_byte(const u8 *a, const u8 *b, u64 len)
{
	if ((!a && !b) || (a && b && !memcmp(a, b, len)))
		return len;
	for (u64 i = 0; i < len; i++) {
		if ((a ? a[i] : 0) != (b ? b[i] : 0))
			return i;
	}
	return len;
}

/* `call f` is a PC32 while f is local and a PLT32 when it is global; they mean the same. */
static bool same_type(u32 a, u32 b)
{
	if (a == R_X86_64_PLT32)
		a = R_X86_64_PC32;
	if (b == R_X86_64_PLT32)
		b = R_X86_64_PC32;
	return a == b;
}

/* The first pair of relocations that says different things. */
static struct cdo_difference first_reloc(struct cdo_diff *diff, const struct cdo_item *a,
					 const struct cdo_item *b, enum cdo_match match, int depth)
{
	u32 n = a->n_rels < b->n_rels ? a->n_rels : b->n_rels;

	for (u32 i = 0; i < n; i++) {
		const struct lp_reloc *x = &diff->orig.elf->rels[a->rel_first + i];
		const struct lp_reloc *y = &diff->patched.elf->rels[b->rel_first + i];
		const struct cdo_target *s = &diff->orig.targets[a->rel_first + i];
		const struct cdo_target *t = &diff->patched.targets[b->rel_first + i];
		u64 x_off = x->off - a->off, y_off = y->off - b->off;

		if (x_off != y_off)
			return (struct cdo_difference){ x_off < y_off ? x_off : y_off,
							"another reference" };
		if (same_type(x->type, y->type) && same_target(diff, s, t, match, depth))
			continue;
		return (struct cdo_difference){ x_off, match == CDO_BY_NAME
							       ? "another reference"
							       : cdo_targets_differ(diff, s, t) };
	}
	if (a->n_rels > n)
		return (struct cdo_difference){ diff->orig.elf->rels[a->rel_first + n].off - a->off,
						"a reference is gone" };
	if (b->n_rels > n)
		return (struct cdo_difference){
			diff->patched.elf->rels[b->rel_first + n].off - b->off, "a new reference"
		};
	return (struct cdo_difference){ 0 };
}

/* What the sections say about two items that are equal, NULL if it is the same. */
static const char *section_differs(const struct cdo_diff *diff, const struct cdo_item *a,
				   const struct cdo_item *b)
{
	if ((a->kind == CDO_TLS) != (b->kind == CDO_TLS))
		return b->kind == CDO_TLS ? "became thread-local" : "is thread-local no more";
	if (a->is_writable != b->is_writable)
		return b->is_writable ? "became writable" : "became read-only";
	/* Somebody may walk over such a section, from `__start_x` to `__stop_x`. */
	if ((!a->is_known_use || !b->is_known_use) &&
	    strcmp(diff->orig.elf->sections[a->section].name,
		   diff->patched.elf->sections[b->section].name) != 0)
		return "moved to another section";
	return NULL;
}

static struct cdo_difference compare(struct cdo_diff *diff, u32 orig, u32 patched,
				     enum cdo_match match, int depth)
{
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];
	u64 len = a->size < b->size ? a->size : b->size;
	u64 byte = first_byte(cdo_bytes(&diff->orig, a), cdo_bytes(&diff->patched, b), len);
	struct cdo_difference rel = first_reloc(diff, a, b, match, depth);

	if (rel.what && rel.off <= byte)
		return rel;
	if (byte < len)
		return (struct cdo_difference){ byte, CDO_OTHER_BYTES };
	if (a->size != b->size)
		return (struct cdo_difference){ len, a->size < b->size ? "longer" : "shorter" };
	if (rel.what)
		return rel;
	return (struct cdo_difference){ .what = section_differs(diff, a, b), .is_whole = true };
}

struct cdo_difference cdo_compare(struct cdo_diff *diff, u32 orig, u32 patched,
				  enum cdo_match match)
{
	return compare(diff, orig, patched, match, MAX_DEPTH);
}

bool cdo_same_reference(struct cdo_diff *diff, u32 orig_rel, u32 patched_rel)
{
	return same_type(diff->orig.elf->rels[orig_rel].type,
			 diff->patched.elf->rels[patched_rel].type) &&
	       same_target(diff, &diff->orig.targets[orig_rel], &diff->patched.targets[patched_rel],
			   CDO_BY_TWIN, MAX_DEPTH);
}

bool cdo_same_references(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_match match)
{
	return !first_reloc(diff, &diff->orig.items[orig], &diff->patched.items[patched], match, 8)
			.what;
}
