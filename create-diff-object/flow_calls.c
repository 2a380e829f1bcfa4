/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a number of a function goes, and where the name of a source file is meanwhile. */
#include <string.h>

#include "create-diff-object/flow.h"

/* Sweeps over a function until no register's contents change. Loops need a few. */
#define MAX_SWEEPS 64
/* Registers that calls leave alone: rbx, rbp, r12 to r15. */
#define PRESERVED UINT32_C(0xf028)
/* That hold arguments: rcx, rdx, rsi, rdi, r8, r9; and results: rax, rdx. */
#define ARGUMENTS UINT32_C(0x03c6)
#define RESULTS	  UINT32_C(0x0005)
/* No way leads there, as far as is known yet; all registers may hold the name. */
#define UNREACHED UINT32_C(0x1ffff)

static u32 bit(s8 reg)
{
	return UINT32_C(1) << reg;
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

	if (step->named == UNREACHED)
		return UNREACHED;
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
		flow->steps.items[i].named =
			flow->steps.items[i].is_label ? flow->always : UNREACHED;
	for (u32 p = 0; p < flow->n_parts; p++)
		narrow(flow, flow->parts[p].n ? flow->parts[p].first : CDO_NONE, flow->always);
	for (u32 sweep = 0; again && sweep < MAX_SWEEPS; sweep++) {
		again = false;
		for (u32 i = 0; i < flow->steps.n; i++) {
			const struct cdo_step *step = &flow->steps.items[i];
			u32 named = named_behind(flow, step);

			again |= narrow(flow, cdo_flow_next(flow, i), named);
			again |= narrow(flow, step->jump, named);
		}
	}
	for (u32 i = 0; i < flow->steps.n; i++) {
		struct cdo_step *step = &flow->steps.items[i];

		if (again || step->named == UNREACHED)
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
	u32 behind = cdo_flow_next(s->flow, i);

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
	push(&s, cdo_flow_next(flow, step));
	while (s.todo.n) {
		if (!visit(&s, s.todo.items[--s.todo.n]))
			return false;
	}
	return s.n_calls != 0;
}
