/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/flow.h"

#include <string.h>

/* More would be no function that a person has written. */
#define MAX_CODE   (UINT64_C(1) << 20)
#define MAX_LABELS 65536
/* Sweeps over a function until no register's contents change. Loops need a few. */
#define MAX_SWEEPS 64
/* Registers that calls leave alone: rbx, rbp, r12 to r15. */
#define PRESERVED UINT32_C(0xf028)
/* That hold arguments: rcx, rdx, rsi, rdi, r8, r9; and results: rax, rdx. */
#define ARGUMENTS UINT32_C(0x03c6)
#define RESULTS	  UINT32_C(0x0005)
#define ALL	  UINT32_C(0xffff)
/* rsp is never the name of a file: where that bit is left, no way leads. */
#define UNREACHED UINT32_C(0x0010)

static u32 bit(s8 reg)
{
	return UINT32_C(1) << reg;
}

bool cdo_flow_add(struct cdo_flow *flow, u32 idx)
{
	const struct lp_elf *elf = flow->diff->orig.elf;
	const struct cdo_item *item = &flow->diff->orig.items[idx];
	const u8 *code = elf->sections[item->section].data;
	u32 rel = item->rel_first, first = (u32)flow->steps.n;

	if (!code || item->size > MAX_CODE)
		return false;
	code += item->off;
	for (u64 off = 0; off < item->size;) {
		struct cdo_step step = {
			.part = flow->n_parts, .off = off, .rel = CDO_NONE, .jump = CDO_NONE
		};

		if (!lp_insn_decode(code + off, item->size - off, &step.insn))
			return false;
		step.registers = lp_insn_registers(code + off, step.insn.len);
		off += step.insn.len;
		while (rel < item->rel_first + item->n_rels && elf->rels[rel].off < item->off + off)
			step.rel = rel++;
		lp_vec_push(flow->diff->arena, &flow->steps, step);
	}
	flow->parts[flow->n_parts].item = idx;
	flow->parts[flow->n_parts].code = code;
	flow->parts[flow->n_parts].first = first;
	flow->parts[flow->n_parts++].n = (u32)flow->steps.n - first;
	return true;
}

/* The step at OFF of a part, or CDO_NONE. */
static u32 find_step(const struct cdo_flow *flow, u32 part, u64 off)
{
	u32 first = flow->parts[part].first, last = first + flow->parts[part].n, end = last;

	while (first < last) {
		u32 mid = first + (last - first) / 2;

		if (flow->steps.items[mid].off < off)
			first = mid + 1;
		else
			last = mid;
	}
	return first < end && flow->steps.items[first].off == off ? first : CDO_NONE;
}

/* The part that ITEM is, or n_parts. */
static u32 find_part(const struct cdo_flow *flow, u32 item)
{
	u32 part = 0;

	while (part < flow->n_parts && flow->parts[part].item != item)
		part++;
	return part;
}

/* Where a jump leads within the function. */
static u32 find_jump(const struct cdo_flow *flow, const struct cdo_step *step)
{
	u64 off = step->off + (u64)step->insn.target;
	u32 part = step->part;

	if (step->rel != CDO_NONE) {
		const struct cdo_target *target = &flow->diff->orig.targets[step->rel];

		part = target->kind == CDO_REF_ITEM ? find_part(flow, target->idx) : flow->n_parts;
		off = (u64)target->place;
	}
	return part < flow->n_parts ? find_step(flow, part, off) : CDO_NONE;
}

static bool note_label(struct cdo_flow *flow, u32 part, u64 off)
{
	u32 step = find_step(flow, part, off);

	if (step == CDO_NONE)
		return false;
	flow->steps.items[step].is_label = true;
	flow->n_labels++;
	return true;
}

/* The labels that the table at OFF of ITEM holds, as addresses or, in PIE, counted from its start.
 * What another table behind it holds is no label by that measure, or one too many. */
static void note_table(struct cdo_flow *flow, u32 idx, u64 off)
{
	const struct cdo_side *side = &flow->diff->orig;
	const struct cdo_item *item = &side->items[idx];
	u64 start = item->off + off;

	if (item->kind == CDO_FUNC || item->kind == CDO_COLD)
		return;
	for (u32 i = cdo_first_reloc(side->elf, item->section, start);
	     i < item->rel_first + item->n_rels && flow->n_labels < MAX_LABELS; i++) {
		const struct lp_reloc *rel = &side->elf->rels[i];
		const struct cdo_target *target = &side->targets[i];
		u32 part =
			target->kind == CDO_REF_ITEM ? find_part(flow, target->idx) : flow->n_parts;
		u64 base = rel->type == R_X86_64_PC32 ? rel->off - start : 0;

		if (part == flow->n_parts || !note_label(flow, part, (u64)target->place - base))
			return;
	}
}

/* Notes the places in the function that STEP refers to, but for jumps; false if that is not clear.
 */
static bool note_labels(struct cdo_flow *flow, const struct cdo_step *step)
{
	if (step->insn.is_branch)
		return true;
	if (step->rel == CDO_NONE)
		return !step->insn.is_rip_relative ||
		       note_label(flow, step->part,
				  step->off + step->insn.len + (u64)step->insn.disp.value);
	const struct cdo_target *target = &flow->diff->orig.targets[step->rel];

	if (target->kind != CDO_REF_ITEM)
		return target->kind != CDO_REF_LOST;
	u32 part = find_part(flow, target->idx);

	if (part < flow->n_parts && target->place != 0)
		return note_label(flow, part, (u64)target->place);
	note_table(flow, target->idx, (u64)target->place);
	return true;
}

bool cdo_flow_link(struct cdo_flow *flow)
{
	for (u32 i = 0; i < flow->steps.n; i++) {
		struct cdo_step *step = &flow->steps.items[i];

		if (step->insn.is_branch && step->insn.flow != LP_FLOW_CALL)
			step->jump = find_jump(flow, step);
		if (!note_labels(flow, step))
			return false;
	}
	return flow->n_labels < MAX_LABELS;
}

/* The step behind STEP, or CDO_NONE. */
static u32 next(const struct cdo_flow *flow, u32 i)
{
	enum lp_flow kind = flow->steps.items[i].insn.flow;
	bool goes_on = kind == LP_FLOW_ON || kind == LP_FLOW_CALL || kind == LP_FLOW_CHOICE;

	return goes_on && i + 1 < flow->steps.n &&
			       flow->steps.items[i + 1].part == flow->steps.items[i].part
		       ? i + 1
		       : CDO_NONE;
}

/* ---- where the name of the file is ---- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Does STEP load the name of the file? Folders are left out: they may be mapped in one of both. */
static bool is_name(const struct cdo_flow *flow, const struct cdo_step *step)
{
	const struct cdo_side *side = &flow->diff->orig;

	if (step->rel == CDO_NONE)
		return false;
	const struct cdo_target *target = &side->targets[step->rel];

	if (target->kind != CDO_REF_STRING || target->place != 0)
		return false;
	const char *text = lp_section_string(&side->elf->sections[target->idx], target->start);

	return text && !strcmp(last_part(text), last_part(flow->file));
}

/* Does STEP load the name, or copy it? */
static bool gives_name(const struct cdo_flow *flow, const struct cdo_step *step)
{
	const struct lp_insn *insn = &step->insn;

	if (insn->copy_to < 0)
		return false;
	return insn->copy_from >= 0 ? (step->named & bit(insn->copy_from)) != 0
				    : is_name(flow, step);
}

/* gcc keeps a name that it needs again in a register that calls leave alone: `lea .LC0(%rip),%r12`,
 * later `mov %r12,%rsi`. When nothing else changes that register, but for the end, which restores
 * it, it holds the name wherever it is read: also where no way is seen but one past a call that
 * does not return, as to the second of two failed assertions. */
static u32 find_always(const struct cdo_flow *flow)
{
	u32 named = 0, others = 0;

	for (u32 i = 0; i < flow->steps.n; i++) {
		const struct cdo_step *step = &flow->steps.items[i];

		if (step->insn.copy_to >= 0 && step->insn.copy_from < 0 && is_name(flow, step))
			named |= bit(step->insn.copy_to) & PRESERVED;
		else if (!step->insn.is_pop)
			others |= step->registers.writes;
	}
	return named & ~others;
}

/* Registers that hold the name behind STEP. */
static u32 named_behind(const struct cdo_flow *flow, const struct cdo_step *step)
{
	u32 ret = (step->named & ~step->registers.writes) | flow->always;

	if (step->insn.flow == LP_FLOW_CALL)
		return ret & PRESERVED;
	return gives_name(flow, step) ? ret | bit(step->insn.copy_to) : ret;
}

static bool narrow(struct cdo_flow *flow, u32 to, u32 named)
{
	if (to == CDO_NONE || !(flow->steps.items[to].named & ~named))
		return false;
	flow->steps.items[to].named &= named;
	return true;
}

/* Nothing else is known at the start of a part and at labels. */
static void find_names(struct cdo_flow *flow, const char *file)
{
	bool again = true;

	if (flow->file == file)
		return;
	flow->file = file;
	flow->always = find_always(flow);
	for (u32 i = 0; i < flow->steps.n; i++)
		flow->steps.items[i].named = flow->steps.items[i].is_label ? flow->always : ALL;
	for (u32 p = 0; p < flow->n_parts; p++)
		narrow(flow, flow->parts[p].n ? flow->parts[p].first : CDO_NONE, flow->always);
	for (u32 sweep = 0; again && sweep < MAX_SWEEPS; sweep++) {
		again = false;
		for (u32 i = 0; i < flow->steps.n; i++) {
			const struct cdo_step *step = &flow->steps.items[i];
			u32 named = named_behind(flow, step);

			again |= narrow(flow, next(flow, i), named);
			again |= narrow(flow, step->jump, named);
		}
	}
	for (u32 i = 0; i < flow->steps.n; i++) {
		struct cdo_step *step = &flow->steps.items[i];

		if (again || (step->named & UNREACHED))
			step->named = flow->always;
	}
}

/* ---- where a number goes ---- */

static bool leaves(const struct cdo_flow *flow, const struct cdo_step *step)
{
	switch (step->insn.flow) {
	case LP_FLOW_CALL:
		return true;
	case LP_FLOW_JUMP:
	case LP_FLOW_CHOICE:
		return step->jump == CDO_NONE;
	case LP_FLOW_COMPUTED:
		return !flow->n_labels;
	default:
		return false;
	}
}

struct search {
	struct cdo_flow *flow;
	u32 reg; /* as a bit */
	u32 id, n_calls;
	LP_VEC(u32) todo;
};

static void push(struct search *s, u32 step)
{
	if (step == CDO_NONE || s->flow->steps.items[step].seen_by == s->id)
		return;
	s->flow->steps.items[step].seen_by = s->id;
	lp_vec_push(s->flow->diff->arena, &s->todo, step);
}

/* Takes step I; false if it may do something else with the number. */
static bool visit(struct search *s, u32 i)
{
	struct cdo_step *step = &s->flow->steps.items[i];
	u32 behind = next(s->flow, i);

	if (step->registers.reads & s->reg)
		return false;
	if (leaves(s->flow, step)) {
		if (!(step->named & ARGUMENTS))
			return false;
		step->numbers |= s->reg;
		s->n_calls++;
		if (step->insn.flow == LP_FLOW_CHOICE)
			push(s, behind);
		return true;
	}
	if (step->insn.flow == LP_FLOW_COMPUTED ||
	    (step->insn.flow == LP_FLOW_RETURN && (s->reg & RESULTS)))
		return false;
	if (step->registers.writes & s->reg)
		return true;
	push(s, behind);
	push(s, step->jump);
	return true;
}

bool cdo_flow_to_named_calls(struct cdo_flow *flow, u32 step, s8 reg, const char *file)
{
	struct search s = { .flow = flow, .reg = bit(reg), .id = ++flow->n_searches };

	if (!(s.reg & ARGUMENTS))
		return false;
	find_names(flow, file);
	push(&s, next(flow, step));
	while (s.todo.n) {
		if (!visit(&s, s.todo.items[--s.todo.n]))
			return false;
	}
	return s.n_calls != 0;
}
