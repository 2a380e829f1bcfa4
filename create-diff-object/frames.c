/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rebuilds .eh_frame: of the patched object's records (a CIE, then FDEs that point back at it),
 * those that describe functions of the output, so that debuggers and the stack walk can unwind
 * through the new code.
 *
 *   record   u32 length | u32 id | ...        length counts from id
 *   CIE      id == 0
 *   FDE      id == distance from the id field back to its CIE | PC32 begin | u32 size | ...
 */
#include <string.h>

#include "create-diff-object/diff.h"

struct frames {
	struct cdo_output *o;
	u32 in;		    /* section of the patched object */
	struct lp_map cies; /* offset of a CIE in the input -> offset in the output */
};

static u32 get_u32(const u8 *p)
{
	u32 value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static struct lp_err *bad_frame(const struct frames *f, u64 off, const char *what)
{
	return lp_err(LP_FAILED, "%s: section '.eh_frame' [%u]: record at 0x%llx: %s",
		      f->o->diff->patched.elf->path, f->in, (unsigned long long)off, what);
}

/* Number of relocations in [off, off + size) of the input section, and the first of them. */
static u32 relocs_in(const struct frames *f, u64 off, u64 size, u32 *ret_first)
{
	const struct lp_elf *elf = f->o->diff->patched.elf;

	*ret_first = cdo_first_reloc(elf, f->in, off);
	return cdo_first_reloc(elf, f->in, off + size) - *ret_first;
}

static u64 put_record(struct frames *f, u64 off, u64 size)
{
	struct cdo_output *o = f->o;
	const struct lp_section *sec = &o->diff->patched.elf->sections[f->in];

	if (!o->eh_frame)
		o->eh_frame = lp_out_section(o->out, ".eh_frame", sec->type, SHF_ALLOC, 8, 0);
	return lp_out_append(o->out, o->eh_frame, sec->data + off, size, 1);
}

/* Copies the CIE at OFF once; gives its place in the output. */
static struct lp_err *need_cie(struct frames *f, const u64 *off, u64 *ret)
{
	const struct lp_section *sec = &f->o->diff->patched.elf->sections[f->in];
	u32 known = lp_map_get(&f->cies, off, sizeof(*off));
	u32 first;

	if (known != LP_MAP_NONE) {
		*ret = known;
		return NULL;
	}
	if (!lp_in_range(*off, 8, sec->size) || get_u32(sec->data + *off + 4) != 0)
		return bad_frame(f, *off, "is not a CIE");
	u64 size = (u64)get_u32(sec->data + *off) + 4;

	if (!lp_in_range(*off, size, sec->size))
		return bad_frame(f, *off, "is longer than the section");
	if (relocs_in(f, *off, size, &first)) /* of exception handling, refused before */
		return bad_frame(f, *off, "has a personality routine");
	*ret = put_record(f, *off, size);
	u64 *key = lp_memdup(f->o->diff->arena, off, sizeof(*off));

	lp_map_set(f->o->diff->arena, &f->cies, key, sizeof(*key), (u32)*ret);
	return NULL;
}

/* The FDE of SIZE bytes at OFF, if its function is in the output. */
static struct lp_err *put_fde(struct frames *f, u64 off, u64 size)
{
	struct cdo_diff *diff = f->o->diff;
	const struct lp_section *sec = &diff->patched.elf->sections[f->in];
	u32 first, n = relocs_in(f, off, size, &first);
	u64 cie_off = off + 4 - get_u32(sec->data + off + 4), cie = 0;

	if (n == 0)
		return NULL;
	const struct lp_reloc *rel = &diff->patched.elf->rels[first];
	const struct cdo_target *target = &diff->patched.targets[first];

	if (target->kind != CDO_REF_ITEM || !f->o->places[target->idx].sym)
		return NULL;
	if (n != 1 || rel->off != off + 8)
		return bad_frame(f, off, "the function is not where it should be");
	if (cie_off > off)
		return bad_frame(f, off, "has no CIE before it");
	LP_TRY(need_cie(f, &cie_off, &cie));
	u64 to = put_record(f, off, size), all;
	u32 back = (u32)(to + 4 - cie);

	memcpy(lp_out_data(f->o->out, f->o->eh_frame, &all) + to + 4, &back, sizeof(back));
	lp_out_reloc(f->o->out, f->o->eh_frame, to + 8, rel->type, f->o->places[target->idx].sym,
		     target->addend);
	return NULL;
}

struct lp_err *cdo_put_frames(struct cdo_output *o)
{
	struct frames f = { .o = o, .in = lp_elf_section(o->diff->patched.elf, ".eh_frame") };
	const struct lp_section *sec = &o->diff->patched.elf->sections[f.in];

	for (u64 off = 0, size; f.in && sec->data && off < sec->size; off += size) {
		if (!lp_in_range(off, 4, sec->size))
			return bad_frame(&f, off, "is cut off");
		size = (u64)get_u32(sec->data + off) + 4;
		if (size == 4) /* the end mark of crtend.o */
			continue;
		if (size < 12 || size == (u64)UINT32_MAX + 4 || !lp_in_range(off, size, sec->size))
			return bad_frame(&f, off, "has a bad length");
		if (get_u32(sec->data + off + 4) != 0)
			LP_TRY(put_fde(&f, off, size));
	}
	return NULL;
}
