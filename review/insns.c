// SPDX-License-Identifier: GPL-2.0-or-later
/* Code as a list of instructions, with names for what they refer to. */
#include "lib/insn.h"

#include <string.h>

#include "review/model.h"

#define MAX_INSNS 16384 /* of a function; the largest of QEMU 7.2 has about half of that */

struct field { /* of the instruction, that is shown as a name */
	u32 off;
	const char *name; /* NULL: none is */
};

static const char *symbol(void *arg, u32 off)
{
	const struct field *field = arg;

	return field->name && field->off == off ? field->name : NULL;
}

/* A jump to code of this function; calls go to its begin, and are named. */
static bool is_inside(const struct rv_side *side, u64 off, const struct lp_insn *raw)
{
	u64 to = off + (u64)raw->target;

	return raw->is_branch && raw->flow != LP_FLOW_CALL && to < side->size &&
	       !rv_has_reloc(side, off + raw->imm[0].off);
}

/* The field that has a name, and the name; none when the instruction refers to nothing. */
static u32 find_reference(struct rv_maker *m, const struct rv_side *side, u64 off,
			  const struct lp_insn *raw, struct rv_ref *ret)
{
	const struct lp_insn_field *field = raw->is_branch ? &raw->imm[0] : &raw->disp;
	u64 end = off + raw->len;

	if (raw->is_branch || raw->is_rip_relative) {
		u32 access =
			raw->is_branch ? 0 : lp_insn_access(side->bytes + off, side->size - off);

		*ret = rv_name_relative(m, side, off + field->off, end, field->value, access);
		return field->off;
	}
	for (int i = 0; i < 2; i++) {
		field = i ? &raw->imm[0] : &raw->disp;
		if (!field->width || !rv_has_reloc(side, off + field->off))
			continue;
		*ret = rv_name_absolute(m, side, off + field->off);
		return field->off;
	}
	*ret = (struct rv_ref){ 0 };
	return 0;
}

static struct rv_insn describe(struct rv_maker *m, const struct rv_side *side, u64 off,
			       const struct lp_insn *raw)
{
	struct rv_insn insn = { .off = off, .jump = -1, .twin = RV_NO_TWIN };
	const u8 *code = side->bytes + off;
	u64 left = side->size - off;
	struct field shown, key;
	struct rv_ref ref;

	if (is_inside(side, off, raw)) {
		insn.jump = (s64)off + raw->target;
		ref.shown = lp_printf(m->arena, "+0x%llx", (unsigned long long)insn.jump);
		ref.key = "inside";
		shown.off = key.off = raw->imm[0].off;
	} else {
		shown.off = key.off = find_reference(m, side, off, raw, &ref);
	}
	shown.name = ref.shown;
	key.name = ref.key;
	insn.text = lp_insn_text(m->arena, code, left, side->at + off, symbol, &shown);
	insn.key = lp_insn_text(m->arena, code, left, side->at + off, symbol, &key);
	/* `nop`, `nop %ax, (%rax,%rax,1)`: as long as the place of the next instruction wants. */
	if (insn.text && !strncmp(insn.text, "nop", 3))
		insn.text = insn.key = "nop";
	return insn;
}

bool rv_disassemble(struct rv_maker *m, const struct rv_side *side, struct rv_code *ret)
{
	*ret = (struct rv_code){ 0 };
	for (u64 off = 0; off < side->size;) {
		struct lp_insn raw = { .len = 1 };
		struct rv_insn insn;

		if (ret->n == MAX_INSNS)
			return false;
		if (lp_insn_decode(side->bytes + off, side->size - off, &raw))
			insn = describe(m, side, off, &raw);
		else
			insn = (struct rv_insn){ .off = off,
						 .jump = -1,
						 .twin = RV_NO_TWIN,
						 .text = lp_printf(m->arena, ".byte 0x%02x",
								   side->bytes[off]) };
		if (!insn.key)
			insn.key = insn.text;
		lp_vec_push(m->arena, ret, insn);
		off += raw.len;
	}
	return true;
}
