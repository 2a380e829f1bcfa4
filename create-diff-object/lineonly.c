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

#include "create-diff-object/diff.h"
#include "lib/insn.h"

/* clang takes the last line of a macro's arguments, gcc the first one, as line tables do. In QEMU
 * the calls of error_setg() have up to 7 lines. */
#define MAX_ARGUMENT_LINES 16
/* Instructions to the call that gets a number. */
#define MAX_WAY 64
/* More would be no function that a person has written. */
#define MAX_CODE    (UINT64_C(1) << 20)
#define MAX_NUMBERS 1024
/* Registers that calls leave alone: rbx, rbp, r12 to r15. */
#define PRESERVED UINT32_C(0xf028)

struct step {
	u64 off; /* in its part */
	u32 rel; /* its last relocation, or CDO_NONE */
	struct lp_insn insn;
};

struct part { /* the function, or its cold part */
	u32 orig, patched;
	const u8 *old_code, *new_code;
	LP_VEC(struct step) steps; /* of the original */
};

struct number { /* that differs */
	u32 part, step;
	const struct lp_line *line; /* of the original */
	u32 end_part, end_step;	    /* where the way from there leads: to a call */
};

struct function {
	struct cdo_diff *diff;
	struct part parts[2];
	u32 n_parts;
	const char *file; /* the one that NAMED_IN is about */
	u32 named_in;	  /* registers that get its name, as bits */
	LP_VEC(struct number) numbers;
};

static u32 bit(s8 reg)
{
	return UINT32_C(1) << reg;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Does STEP load the name of FILE? Folders are left out: they may be mapped in one of both. */
static bool is_name_of(const struct function *f, const struct step *step, const char *file)
{
	const struct cdo_side *side = &f->diff->orig;

	if (step->rel == CDO_NONE)
		return false;
	const struct cdo_target *target = &side->targets[step->rel];

	if (target->kind != CDO_REF_STRING || target->place != 0)
		return false;
	const char *text = lp_section_string(&side->elf->sections[target->idx], target->start);

	return text && !strcmp(last_part(text), last_part(file));
}

/* gcc keeps a name that it needs again in a register that calls leave alone: `lea .LC0(%rip),%r12`,
 * later `mov %r12,%rsi`. Nothing else in the function may change that register, but for the end,
 * which restores it. */
static void find_registers(struct function *f, const char *file)
{
	u32 others = 0;

	if (f->file == file)
		return;
	f->file = file;
	f->named_in = 0;
	for (u32 p = 0; p < f->n_parts; p++) {
		const struct part *part = &f->parts[p];

		for (u32 i = 0; i < part->steps.n; i++) {
			const struct step *step = &part->steps.items[i];

			if (step->insn.copy_to >= 0 && is_name_of(f, step, file))
				f->named_in |= bit(step->insn.copy_to) & PRESERVED;
			else if (!step->insn.is_pop)
				others |=
					lp_insn_writes(part->old_code + step->off, step->insn.len);
		}
	}
	f->named_in &= ~others;
}

/* Does STEP put the name of the file where a call looks for it? */
static bool gives_name(const struct function *f, const struct step *step)
{
	const struct lp_insn *insn = &step->insn;

	if (insn->copy_to < 0 || (bit(insn->copy_to) & PRESERVED))
		return false;
	return insn->copy_from >= 0 ? (f->named_in & bit(insn->copy_from)) != 0
				    : is_name_of(f, step, f->file);
}

/* The step at OFF of a part, or CDO_NONE. */
static u32 find_step(const struct part *part, u64 off)
{
	u32 first = 0, last = (u32)part->steps.n;

	while (first < last) {
		u32 mid = first + (last - first) / 2;

		if (part->steps.items[mid].off < off)
			first = mid + 1;
		else
			last = mid;
	}
	return first < part->steps.n && part->steps.items[first].off == off ? first : CDO_NONE;
}

/* Where the jump at *PART, *STEP leads within the function; false if it leaves. */
static bool follow(const struct function *f, u32 *part, u32 *step)
{
	const struct step *jump = &f->parts[*part].steps.items[*step];
	u64 off = jump->off + (u64)jump->insn.target;
	u32 to = *part;

	if (jump->rel != CDO_NONE) {
		const struct cdo_target *target = &f->diff->orig.targets[jump->rel];

		for (to = 0; to < f->n_parts && target->idx != f->parts[to].orig;)
			to++;
		if (target->kind != CDO_REF_ITEM || to == f->n_parts)
			return false;
		off = (u64)target->place;
	}
	u32 found = find_step(&f->parts[to], off);

	if (found == CDO_NONE)
		return false;
	*part = to;
	*step = found;
	return true;
}

/* Goes on from the number to the call that gets it, also by a jump out of the function; false if
 * there is a choice before. *NAMED: the name of the file is loaded on the way. */
static bool go_ahead(const struct function *f, struct number *number, bool *named)
{
	u32 part = number->part, i = number->step;

	for (u32 n = 0; n < MAX_WAY && i < f->parts[part].steps.n; n++) {
		const struct step *step = &f->parts[part].steps.items[i];

		number->end_part = part;
		number->end_step = i;
		*named |= gives_name(f, step);
		if (step->insn.flow == LP_FLOW_ON)
			i++;
		else if (step->insn.flow != LP_FLOW_JUMP || !follow(f, &part, &i))
			return step->insn.flow != LP_FLOW_OTHER;
	}
	return false;
}

/* The name may be loaded before the number. */
static bool go_back(const struct function *f, const struct number *number)
{
	const struct part *part = &f->parts[number->part];

	for (u32 i = number->step; i-- > 0;) {
		if (part->steps.items[i].insn.flow != LP_FLOW_ON)
			return false;
		if (gives_name(f, &part->steps.items[i]))
			return true;
	}
	return false;
}

/* Has line OLD become line NEW, by the rows of the two instructions? */
static bool is_line(const struct lp_line *old_row, const struct lp_line *new_row, s64 old_value,
		    s64 new_value)
{
	if (!old_row || !new_row || !old_row->line || !new_row->line ||
	    strcmp(old_row->file, new_row->file) != 0)
		return false;
	s64 further = old_value - old_row->line;

	return further >= 0 && further < MAX_ARGUMENT_LINES && new_value - new_row->line == further;
}

/* The bytes around the number, which say what is done with it. */
static bool same_around(const struct lp_insn *insn, const u8 *a, const u8 *b)
{
	u32 behind = insn->imm[0].off + insn->imm[0].width;

	return !memcmp(a, b, insn->imm[0].off) &&
	       !memcmp(a + behind, b + behind, insn->len - behind);
}

/* The instruction STEP of PART is another one; is that a line number? */
static bool add_number(struct function *f, u32 part_idx, u32 i)
{
	const struct cdo_side *orig = &f->diff->orig, *patched = &f->diff->patched;
	const struct part *part = &f->parts[part_idx];
	const struct step *step = &part->steps.items[i];
	const struct cdo_item *a = &orig->items[part->orig], *b = &patched->items[part->patched];
	const u8 *old_code = part->old_code + step->off, *new_code = part->new_code + step->off;
	struct number number = { .part = part_idx, .step = i };
	bool named = false;
	struct lp_insn other;

	if (!step->insn.imm[0].width || step->insn.imm[1].width || step->insn.is_branch ||
	    !same_around(&step->insn, old_code, new_code) ||
	    !lp_insn_decode(new_code, step->insn.len, &other) || f->numbers.n == MAX_NUMBERS)
		return false;
	number.line =
		lp_line_at(cdo_lines(f->diff, &f->diff->orig), a->section, a->off + step->off);
	if (!is_line(number.line,
		     lp_line_at(cdo_lines(f->diff, &f->diff->patched), b->section,
				b->off + step->off),
		     step->insn.imm[0].value, other.imm[0].value))
		return false;
	find_registers(f, number.line->file);
	if (!go_ahead(f, &number, &named) || (!named && !go_back(f, &number)))
		return false;
	lp_vec_push(f->diff->arena, &f->numbers, number);
	return true;
}

/* Two numbers of one line or call that do not go to the same place: one is something else. */
static bool is_conflict(const struct function *f, const struct number *a, const struct number *b)
{
	const struct part *p = &f->parts[a->part], *q = &f->parts[b->part];
	const struct step *s = &p->steps.items[a->step], *t = &q->steps.items[b->step];

	if ((a->end_part != b->end_part || a->end_step != b->end_step) &&
	    (a->line->line != b->line->line || a->line->file != b->line->file))
		return false;
	return s->insn.len != t->insn.len || s->insn.imm[0].off != t->insn.imm[0].off ||
	       !same_around(&s->insn, p->old_code + s->off, q->old_code + t->off);
}

static bool has_conflict(const struct function *f)
{
	for (size_t i = 0; i < f->numbers.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (is_conflict(f, &f->numbers.items[i], &f->numbers.items[k]))
				return true;
		}
	}
	return false;
}

/* Takes a part apart; false if it is not the same code on both sides. */
static bool add_part(struct function *f, u32 orig, u32 patched, enum cdo_match match)
{
	const struct cdo_side *side = &f->diff->orig;
	const struct cdo_item *a = &side->items[orig], *b = &f->diff->patched.items[patched];
	const u8 *old_code = side->elf->sections[a->section].data;
	const u8 *new_code = f->diff->patched.elf->sections[b->section].data;
	u32 rel = a->rel_first;
	struct part part = { .orig = orig, .patched = patched };

	if (a->size != b->size || a->size > MAX_CODE || !old_code || !new_code ||
	    !cdo_same_references(f->diff, orig, patched, match))
		return false;
	part.old_code = old_code + a->off;
	part.new_code = new_code + b->off;
	for (u64 off = 0; off < a->size;) {
		struct step step = { .off = off, .rel = CDO_NONE };

		if (!lp_insn_decode(part.old_code + off, a->size - off, &step.insn))
			return false;
		off += step.insn.len;
		while (rel < a->rel_first + a->n_rels && side->elf->rels[rel].off < a->off + off)
			step.rel = rel++;
		lp_vec_push(f->diff->arena, &part.steps, step);
	}
	f->parts[f->n_parts++] = part;
	return true;
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
	struct function f = { .diff = diff };

	if (diff->patched.items[patched].kind != CDO_FUNC ||
	    (cold == CDO_NONE) != (new_cold == CDO_NONE) || !add_part(&f, orig, patched, match) ||
	    (cold != CDO_NONE && !add_part(&f, cold, new_cold, match)))
		return false;
	for (u32 p = 0; p < f.n_parts; p++) {
		const struct part *part = &f.parts[p];

		for (u32 i = 0; i < part->steps.n; i++) {
			u64 off = part->steps.items[i].off;

			if (memcmp(part->old_code + off, part->new_code + off,
				   part->steps.items[i].insn.len) != 0 &&
			    !add_number(&f, p, i))
				return false;
		}
	}
	return f.numbers.n && !has_conflict(&f);
}
