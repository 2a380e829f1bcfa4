/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instructions of items: their text, and where those of two versions part. */
#include <inttypes.h>
#include <string.h>

#include "create-diff-object/text.h"

const u8 *cdo_bytes(const struct cdo_side *side, const struct cdo_item *item)
{
	const u8 *data = side->elf->sections[item->section].data;

	return data ? data + item->off : NULL;
}

static const u8 *code_of(const struct cdo_insn *insn)
{
	return cdo_bytes(insn->side, insn->item) + insn->off;
}

struct cdo_insn cdo_insn_at(const struct cdo_side *side, u32 idx, u64 off)
{
	struct cdo_insn insn = { .side = side, .item = &side->items[idx], .off = off };
	u32 end = insn.item->rel_first + insn.item->n_rels;

	if (off >= insn.item->size || !cdo_bytes(side, insn.item) ||
	    !lp_insn_decode(code_of(&insn), insn.item->size - off, &insn.raw))
		return insn;
	insn.rel = cdo_first_reloc(side->elf, insn.item->section, insn.item->off + off);
	while (insn.rel + insn.n_rels < end &&
	       side->elf->rels[insn.rel + insn.n_rels].off < insn.item->off + off + insn.raw.len)
		insn.n_rels++;
	return insn;
}

static struct cdo_insn next(const struct cdo_insn *insn)
{
	return cdo_insn_at(insn->side, (u32)(insn->item - insn->side->items),
			   insn->off + insn->raw.len);
}

struct cdo_insn cdo_insn_around(const struct cdo_side *side, u32 item, u64 off)
{
	struct cdo_insn insn = cdo_insn_at(side, item, 0);

	while (insn.raw.len && insn.off + insn.raw.len <= off)
		insn = next(&insn);
	return insn;
}

static u64 field_of(const struct cdo_insn *insn, u32 rel)
{
	return insn->side->elf->rels[rel].off - insn->item->off - insn->off;
}

/* ---- text ---- */

struct naming {
	struct lp_arena *arena;
	const struct cdo_insn *insn;
};

static const char *modifier(u32 type)
{
	switch (type) {
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		return "@GOTPCREL";
	case R_X86_64_GOTTPOFF:
		return "@GOTTPOFF";
	case R_X86_64_TPOFF32:
		return "@TPOFF";
	case R_X86_64_TLSGD:
		return "@TLSGD";
	case R_X86_64_TLSLD:
		return "@TLSLD";
	case R_X86_64_DTPOFF32:
		return "@DTPOFF";
	default:
		return "";
	}
}

static const char *symbol_at(void *arg, u32 off)
{
	const struct naming *naming = arg;
	const struct cdo_insn *insn = naming->insn;

	for (u32 i = insn->rel; i < insn->rel + insn->n_rels; i++) {
		if (field_of(insn, i) == off)
			return lp_printf(naming->arena, "%s%s",
					 cdo_target_operand(naming->arena, insn->side,
							    &insn->side->targets[i]),
					 modifier(insn->side->elf->rels[i].type));
	}
	if (insn->raw.is_branch && off == insn->raw.imm[0].off)
		return lp_printf(naming->arena, "+0x%" PRIx64,
				 (u64)((s64)insn->off + insn->raw.target));
	return NULL;
}

const char *cdo_insn_text(struct lp_arena *arena, const struct cdo_insn *insn)
{
	struct naming naming = { arena, insn };

	if (insn->off >= insn->item->size)
		return "(end)";
	if (!insn->raw.len)
		return "(bad)";
	return lp_insn_text(arena, code_of(insn), insn->raw.len, insn->off, symbol_at, &naming);
}

/* ---- comparing ---- */

/* The first relocation, counted from 0, at which they part. */
static u32 first_reloc_apart(struct cdo_diff *diff, const struct cdo_insn *a,
			     const struct cdo_insn *b)
{
	u32 n = a->n_rels < b->n_rels ? a->n_rels : b->n_rels;

	for (u32 i = 0; i < n; i++) {
		if (field_of(a, a->rel + i) != field_of(b, b->rel + i) ||
		    !cdo_same_reference(diff, a->rel + i, b->rel + i))
			return i;
	}
	return n;
}

static bool is_same(struct cdo_diff *diff, const struct cdo_insn *a, const struct cdo_insn *b)
{
	return a->raw.len == b->raw.len && a->n_rels == b->n_rels &&
	       !memcmp(code_of(a), code_of(b), a->raw.len) &&
	       first_reloc_apart(diff, a, b) == a->n_rels;
}

/* The opcode of a jump or call inside of the function, equal for its short and long form; 0 for
 * other instructions. */
static u8 local_branch(const struct cdo_insn *insn)
{
	const u8 *code = code_of(insn);

	if (!insn->raw.is_branch || insn->n_rels)
		return 0;
	if (code[0] == 0x0f)
		return (u8)(code[1] - 0x10);
	return code[0] == 0xe9 ? 0xeb : code[0];
}

bool cdo_walk_to_difference(struct cdo_diff *diff, struct cdo_insn *a, struct cdo_insn *b)
{
	struct cdo_insn x = *a, y = *b;

	while (x.raw.len && y.raw.len) {
		u8 branch = local_branch(&x);

		if (!is_same(diff, &x, &y) && !(branch && branch == local_branch(&y)))
			break;
		x = next(&x);
		y = next(&y);
	}
	if (!x.raw.len && !y.raw.len)
		return false;
	*a = x;
	*b = y;
	return true;
}

/* Equal bytes but for FIELD, which is at the same place of both? */
static bool only_field(const struct cdo_insn *a, const struct cdo_insn *b,
		       const struct lp_insn_field *f, const struct lp_insn_field *g)
{
	u64 end = f->off + f->width;

	return f->width && f->off == g->off && f->width == g->width && a->raw.len == b->raw.len &&
	       f->value != g->value && !memcmp(code_of(a), code_of(b), f->off) &&
	       !memcmp(code_of(a) + end, code_of(b) + end, a->raw.len - end);
}

/* Small numbers are decimal, others are more often masks. */
static const char *number(struct lp_arena *arena, s64 value)
{
	if (value > -65536 && value < 65536)
		return lp_printf(arena, "%" PRId64, value);
	return lp_printf(arena, "0x%" PRIx64, (u64)value);
}

static const char *instead(struct lp_arena *arena, const char *what, s64 old, s64 new)
{
	return lp_printf(arena, "%s %s instead of %s", what, number(arena, new),
			 number(arena, old));
}

const char *cdo_insns_differ(struct cdo_diff *diff, const struct cdo_insn *a,
			     const struct cdo_insn *b)
{
	const struct lp_insn *x = &a->raw, *y = &b->raw;
	u32 apart;

	if (!x->len || !y->len)
		return !x->len ? "goes on behind the old end" : "ends before the old end";
	apart = first_reloc_apart(diff, a, b);
	if (apart < a->n_rels && apart < b->n_rels)
		return cdo_targets_differ(diff, &diff->orig.targets[a->rel + apart],
					  &diff->patched.targets[b->rel + apart]);
	if (a->n_rels == b->n_rels && !x->is_branch && only_field(a, b, &x->imm[0], &y->imm[0]))
		return instead(diff->arena, "constant", x->imm[0].value, y->imm[0].value);
	if (a->n_rels == b->n_rels && only_field(a, b, &x->disp, &y->disp))
		return instead(diff->arena, "offset", x->disp.value, y->disp.value);
	return "another instruction";
}
