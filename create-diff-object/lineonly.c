/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions differ in nothing but line numbers? assert() and error_setg() put __LINE__ into
 * code, so that a comment line at the top of a file changes hundreds of functions. One of them is
 * not replaced if this holds:
 *
 *   - its instructions are the same but for numbers in them, all references are the same;
 *   - each number that differs was the line of its instruction by the line table of the original
 *     and is so by that of the patched object: `mov $0x12,%edx` of line 18 has become
 *     `mov $0x13,%edx` of line 19;
 *   - the call that gets the number gets the name of that source file, too: the code around says
 *     `lea .LC0(%rip),%rsi`, which is "vnc.c";
 *   - it is the only number of its line, or of that call, that differs. error_setg(e, "%d", 18)
 *     in line 18, which becomes error_setg(e, "%d", 19) in line 19, stays a change.
 */
#include <string.h>

#include "create-diff-object/flow.h"

/* clang takes the last line of a macro's arguments, gcc the first one, as the line tables of both
 * do. In QEMU the calls of error_setg() have up to 7 lines. */
#define MAX_ARGUMENT_LINES 16
/* More would be no function that a person has written. */
#define MAX_NUMBERS 1024

struct number {			    /* that differs */
	s8 reg;			    /* where it goes */
	const struct lp_line *line; /* of the original */
};

struct function {
	struct cdo_flow flow;  /* of the original */
	const u8 *new_code[2]; /* of each part */
	const struct cdo_item *new_items[2];
	LP_VEC(struct number) numbers;
};

/* By how many lines __LINE__ may be further than the line table says. */
static s64 max_further(const struct lp_elf *elf)
{
	const char *compiler = cdo_compiler(elf);

	return compiler && !strncmp(compiler, "GCC:", 4) ? 0 : MAX_ARGUMENT_LINES - 1;
}

/* Has line OLD become line NEW, by the rows of the two instructions? */
static bool is_line(const struct lp_line *old_row, const struct lp_line *new_row, s64 old_value,
		    s64 new_value, s64 max)
{
	if (!old_row || !new_row || !old_row->line || !new_row->line ||
	    strcmp(old_row->file, new_row->file) != 0)
		return false;
	s64 further = old_value - old_row->line;

	return further >= 0 && further <= max && new_value - new_row->line == further;
}

/* The bytes around the number, which say what is done with it. */
static bool same_around(const struct lp_insn *insn, const u8 *a, const u8 *b)
{
	u32 behind = insn->imm[0].off + insn->imm[0].width;

	return !memcmp(a, b, insn->imm[0].off) &&
	       !memcmp(a + behind, b + behind, insn->len - behind);
}

/* Step I is another one in the patched object; is that a line number? */
static bool add_number(struct function *f, u32 i)
{
	struct cdo_diff *diff = f->flow.diff;
	const struct cdo_step *step = &f->flow.steps.items[i];
	const struct cdo_item *a = &diff->orig.items[f->flow.parts[step->part].item];
	const struct cdo_item *b = f->new_items[step->part];
	const u8 *old_code = f->flow.parts[step->part].code + step->off;
	const u8 *new_code = f->new_code[step->part] + step->off;
	struct number number = { .reg = step->insn.copy_to };
	struct lp_insn other;

	if (number.reg < 0 || step->insn.copy_from >= 0 || !step->insn.imm[0].width ||
	    !same_around(&step->insn, old_code, new_code) ||
	    !lp_insn_decode(new_code, step->insn.len, &other) || f->numbers.n == MAX_NUMBERS)
		return false;
	number.line = lp_line_at(cdo_lines(diff, &diff->orig), a->section, a->off + step->off);
	if (!is_line(number.line,
		     lp_line_at(cdo_lines(diff, &diff->patched), b->section, b->off + step->off),
		     step->insn.imm[0].value, other.imm[0].value, max_further(diff->orig.elf)) ||
	    !cdo_flow_to_named_calls(&f->flow, i, number.reg, number.line->file))
		return false;
	lp_vec_push(diff->arena, &f->numbers, number);
	return true;
}

/* Two numbers of one line, or that one call gets, are one and the same only in the same register.
 */
static bool has_conflict(const struct function *f)
{
	for (u32 i = 0; i < f->flow.steps.n; i++) {
		u32 registers = f->flow.steps.items[i].numbers;

		if (registers & (registers - 1))
			return true;
	}
	for (size_t i = 0; i < f->numbers.n; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct number *a = &f->numbers.items[i], *b = &f->numbers.items[k];

			if (a->reg != b->reg && a->line->line == b->line->line &&
			    a->line->file == b->line->file)
				return true;
		}
	}
	return false;
}

/* Takes a part apart; false if it is not the same code on both sides. */
static bool add_part(struct function *f, u32 orig, u32 patched, enum cdo_match match)
{
	struct cdo_diff *diff = f->flow.diff;
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];
	const u8 *new_code = diff->patched.elf->sections[b->section].data;
	u32 part = f->flow.n_parts;

	if (a->size != b->size || !new_code || !cdo_same_references(diff, orig, patched, match))
		return false;
	f->new_code[part] = new_code + b->off;
	f->new_items[part] = b;
	return cdo_flow_add(&f->flow, orig);
}

const struct lp_lines *cdo_lines(struct cdo_diff *diff, struct cdo_side *side)
{
	if (!side->is_lines_read)
		lp_err_destroy(lp_lines_load(diff->arena, side->elf, &side->lines));
	side->is_lines_read = true;
	return side->lines;
}

bool cdo_is_line_only(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_match match)
{
	u32 cold = diff->orig.items[orig].cold, new_cold = diff->patched.items[patched].cold;
	struct function f = { .flow.diff = diff };

	if (diff->patched.items[patched].kind != CDO_FUNC ||
	    (cold == CDO_NONE) != (new_cold == CDO_NONE) || !add_part(&f, orig, patched, match) ||
	    (cold != CDO_NONE && !add_part(&f, cold, new_cold, match)) || !cdo_flow_link(&f.flow))
		return false;
	for (u32 i = 0; i < f.flow.steps.n; i++) {
		const struct cdo_step *step = &f.flow.steps.items[i];

		if (memcmp(f.flow.parts[step->part].code + step->off,
			   f.new_code[step->part] + step->off, step->insn.len) != 0 &&
		    !add_number(&f, i))
			return false;
	}
	return f.numbers.n && !has_conflict(&f);
}
