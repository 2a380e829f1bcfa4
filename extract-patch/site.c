// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the jump of a replaced function goes: its first bytes, behind an endbr64. They must be
 * there, be nothing but this function's, and be entered at their beginning only.
 */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"
#include "extract-patch/stack.h"
#include "lib/insn.h"
#include "runtime/payload.h"

static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

/* What assemblers and linkers fill gaps with: zeros, int3, and no-ops of one to eleven bytes
 * (`66 2e 0f 1f 84 ..`). */
static bool is_padding(const u8 *code, u64 size)
{
	struct lp_insn insn;

	for (u64 off = 0; off < size; off += insn.len) {
		u64 at = off;

		insn.len = 1;
		if (code[at] == 0 || code[at] == 0xcc)
			continue;
		while (at < size && (code[at] == 0x66 || code[at] == 0x2e))
			at++;
		if (at == size || !lp_insn_decode(code + off, size - off, &insn))
			return false;
		if (code[at] != 0x90 &&
		    (code[at] != 0x0f || at + 1 == size || code[at + 1] != 0x1f))
			return false;
	}
	return true;
}

static struct lp_err *check_room(const struct ep_target *target, const struct ep_func *func)
{
	u64 need = ep_site_end(func);

	if (func->room < need)
		return ep_refuse("function-too-small", "'%s' has %llu bytes%s, a jump needs %llu",
				 func->name, (unsigned long long)func->room,
				 target->flavour->uses_padding ? " up to the next symbol" : "",
				 (unsigned long long)need);
	/* The padding is decoded as far as it goes: its no-ops may be longer than what is needed.
	 */
	if (func->old_size < need &&
	    !is_padding(ep_target_bytes(target, func->addr + func->old_size,
					func->room - func->old_size),
			func->room - func->old_size))
		return ep_refuse(
			"function-too-small",
			"'%s' has %llu bytes and no padding behind them, a jump needs %llu",
			func->name, (unsigned long long)func->old_size, (unsigned long long)need);
	return NULL;
}

/* The first branch of CODE, which stands at ADDR, into (LO, HI); SIZE when there is none. */
static u64 find_branch(const u8 *code, u64 size, u64 addr, u64 lo, u64 hi)
{
	struct lp_insn insn;

	for (u64 off = 0; off < size; off += insn.len) {
		u64 to;

		if (!lp_insn_decode(code + off, size - off, &insn)) {
			insn.len = 1; /* data between code */
			continue;
		}
		to = addr + off + (u64)insn.target;
		if (insn.is_branch && to > lo && to < hi)
			return off;
	}
	return size;
}

static struct lp_err *refuse_branch(const struct ep_func *func, u64 at)
{
	return ep_refuse("branch-into-entry",
			 "'%s' branches at +0x%llx into its own first bytes, where the jump goes",
			 func->name, (unsigned long long)at);
}

static struct lp_err *check_entries(const struct ep_target *target, const struct ep_func *func)
{
	u64 site = func->addr + (func->endbr64 ? sizeof(endbr64) : 0);
	u64 end = func->addr + ep_site_end(func), at;
	const u8 *code = ep_target_bytes(target, func->addr, func->old_size);

	for (u32 i = 1; i < target->syms->n_symbols; i++) {
		const struct lp_symbol *sym = &target->syms->symbols[i];

		if (sym->value > site && sym->value < end &&
		    (sym->type == STT_FUNC || sym->type == STT_NOTYPE) && sym->shndx != SHN_UNDEF &&
		    sym->shndx != LP_SHN_ABS)
			return ep_refuse("branch-into-entry",
					 "'%s' begins inside the first bytes of '%s', where the "
					 "jump goes",
					 sym->name, func->name);
	}
	at = find_branch(code, func->old_size, func->addr, site, end);
	return at == func->old_size ? NULL : refuse_branch(func, at);
}

/* Nor may the cold part lead back there: `push %rbx; 1: ...; f.cold: neg %edi; jmp 1b`. */
struct lp_err *ep_check_cold(const struct ep_patch *patch, const struct ep_func *func)
{
	const struct ep_cold *cold = &func->cold;
	const u8 *code = ep_target_bytes(patch->target, cold->addr, cold->size);
	u64 end = func->addr + ep_site_end(func), at;

	if (!cold->name || cold->is_below || !code)
		return NULL;
	at = find_branch(code, cold->size, cold->addr, end - LIVEPATCH_JUMP_LEN, end);
	if (at == cold->size)
		return NULL;
	return ep_refuse(
		"branch-into-entry",
		"'%s' branches at +0x%llx into the first bytes of '%s', where the jump goes",
		cold->name, (unsigned long long)at, func->name);
}

const u8 *ep_old_code(const struct ep_patch *patch, const struct ep_func *func)
{
	if (func->is_new_below)
		return ep_below_code(patch, &func->below, func->old_size);
	return ep_target_bytes(patch->target, func->addr, func->old_size);
}

/* What lies behind new code is another function's: the jump must fit in. */
static struct lp_err *check_new_below(struct ep_func *func, const u8 *code)
{
	u64 need = ep_site_end(func), at;

	func->room = func->old_size;
	if (func->room < need)
		return ep_refuse("function-too-small", "'%s' has %llu bytes, a jump needs %llu",
				 func->name, (unsigned long long)func->room,
				 (unsigned long long)need);
	at = find_branch(code, func->old_size, 0, need - LIVEPATCH_JUMP_LEN, need);
	return at == func->old_size ? NULL : refuse_branch(func, at);
}

u64 ep_site_end(const struct ep_func *func)
{
	return LIVEPATCH_JUMP_LEN + (func->endbr64 ? sizeof(endbr64) : 0);
}

struct lp_err *ep_check_site(const struct ep_patch *patch, struct ep_func *func)
{
	const struct ep_target *target = patch->target;
	const u8 *code = ep_old_code(patch, func);
	const struct ep_dynrel *rel;

	if (!code || !func->old_size || func->old_size > UINT32_MAX)
		return ep_refuse("function-not-found", "'%s' has no code in '%s'", func->name,
				 target->elf->path);
	func->endbr64 =
		func->old_size >= sizeof(endbr64) && !memcmp(code, endbr64, sizeof(endbr64));
	if (func->is_new_below)
		return check_new_below(func, code);
	func->room = target->flavour->uses_padding ? ep_room_at(target, func->addr, func->old_size)
						   : func->old_size;
	LP_TRY(check_room(target, func));
	rel = ep_dynrel_in(target, func->addr, func->old_size);
	if (rel)
		return ep_refuse("function-relocated", "the dynamic linker changes '%s' at +0x%llx",
				 func->name, (unsigned long long)(rel->addr - func->addr));
	return check_entries(target, func);
}
