/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/flow.h"

/* More would be no function that a person has written. */
#define MAX_CODE (UINT64_C(1) << 20)
/* Entries of tables to look at; QEMU's functions have a few thousand at most. */
#define MAX_ENTRIES 1000000

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

/* The part of the function in which REL, of a table, has a place, or n_parts. */
static u32 part_of_entry(const struct cdo_flow *flow, u32 rel)
{
	const struct cdo_target *target = &flow->diff->orig.targets[rel];

	return target->kind == CDO_REF_ITEM && target->place != 0 ? find_part(flow, target->idx)
								  : flow->n_parts;
}

/*
 * Notes the places in the function that ITEM holds, to which the code refers at OFF: addresses, as
 * in `static void *const labels[] = { &&add, &&sub }`, or the jump table that begins at OFF, which
 * in PIE counts from there. What another jump table behind it holds is no place by that measure, or
 * one too many. False if it is not clear.
 */
static bool note_table(struct cdo_flow *flow, u32 idx, s64 off)
{
	const struct cdo_side *side = &flow->diff->orig;
	const struct cdo_item *item = &side->items[idx];
	u64 start = item->off + (u64)off;
	bool is_in_table = true, is_table = false;
	u32 n = flow->n_labels;

	if (item->kind == CDO_FUNC || item->kind == CDO_COLD)
		return true;
	flow->n_entries += item->n_rels;
	if (flow->n_entries > MAX_ENTRIES)
		return false;
	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		const struct lp_reloc *rel = &side->elf->rels[i];
		u64 place = (u64)side->targets[i].place;
		u32 part = part_of_entry(flow, i);

		if (part == flow->n_parts)
			continue;
		if (rel->type != R_X86_64_PC32 && !note_label(flow, part, place))
			return false;
		is_table = is_table || rel->type == R_X86_64_PC32;
		if (rel->type == R_X86_64_PC32 && rel->off >= start && is_in_table)
			is_in_table = note_label(flow, part, place - (rel->off - start));
	}
	return !is_table || flow->n_labels > n;
}

/* Notes the places in the function that STEP refers to otherwise than by a jump; false if that is
 * not clear: an address of its own may be computed with. */
static bool note_labels(struct cdo_flow *flow, const struct cdo_step *step)
{
	if (step->insn.is_branch)
		return true;
	if (step->rel == CDO_NONE)
		return !step->insn.is_rip_relative ||
		       step->off + step->insn.len + (u64)step->insn.disp.value == 0;
	const struct cdo_target *target = &flow->diff->orig.targets[step->rel];

	if (target->kind != CDO_REF_ITEM)
		return target->kind != CDO_REF_LOST;
	if (find_part(flow, target->idx) < flow->n_parts)
		return target->place == 0;
	return note_table(flow, target->idx, target->place);
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
	return true;
}

u32 cdo_flow_next(const struct cdo_flow *flow, u32 i)
{
	enum lp_flow kind = flow->steps.items[i].insn.flow;
	bool goes_on = kind == LP_FLOW_ON || kind == LP_FLOW_CALL || kind == LP_FLOW_CHOICE;

	return goes_on && i + 1 < flow->steps.n &&
			       flow->steps.items[i + 1].part == flow->steps.items[i].part
		       ? i + 1
		       : CDO_NONE;
}
