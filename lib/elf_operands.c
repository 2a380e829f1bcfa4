/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far each relocated field is from the end of its instruction. `cmpb $0, str(%rip)` has one
 * more byte behind the field, so that the assembler writes the addend -5 instead of -4; without
 * knowing that, the reference would seem to point at the byte before. Reading backwards from the
 * field does not tell: the `je` before `testb $4, flag(%rip)` in `74 0f f6 05` looks like a
 * prefix. So the code is decoded from where functions begin.
 */
#include "lib/elf_load.h"
#include "lib/insn.h"

struct sweep { /* a walk through the instructions of a section */
	const struct lp_elf *elf;
	const struct lp_section *sec;
	u32 next_sym; /* index into by_section: the first symbol that is not passed yet */
};

/* Where the next function behind OFF begins: there, an instruction begins for certain. */
static u64 next_function(struct sweep *sweep, u64 off)
{
	const struct lp_section *sec = sweep->sec;

	for (; sweep->next_sym < sec->sym_first + sec->n_syms; sweep->next_sym++) {
		const struct lp_symbol *sym =
			&sweep->elf->symbols[sweep->elf->by_section[sweep->next_sym]];

		if (sym->type == STT_FUNC && sym->value > off)
			return sym->value < sec->size ? sym->value : sec->size;
	}
	return sec->size;
}

/*
 * Relative to the end of the instruction is only a memory operand that is nothing but a
 * displacement: a byte of mode 0 and register 5 stands right before the field. `call f` is none,
 * and most fields are calls.
 */
static bool may_have_tail(const struct lp_section *sec, const struct lp_reloc *rel)
{
	return rel->off > 0 && (sec->data[rel->off - 1] & 0xc7) == 0x05;
}

static u8 tail_of(const struct lp_insn *insn, u64 field)
{
	if (!insn->is_rip_relative || insn->disp.off != field)
		return 0;
	return (u8)(insn->len - insn->disp.off - insn->disp.width);
}

static void sweep_section(const struct lp_elf *elf, const struct lp_section *sec,
			  struct lp_reloc *rels)
{
	struct sweep sweep = { elf, sec, sec->sym_first };
	u64 off = 0, end = next_function(&sweep, 0);
	u32 i = 0, n = sec->n_rels;

	while (n && !may_have_tail(sec, &rels[n - 1]))
		n--;
	while (i < n && off < sec->size) {
		struct lp_insn insn = { .len = 1 };
		bool is_code;

		if (off >= end)
			end = next_function(&sweep, off);
		is_code = lp_insn_decode(sec->data + off, end - off, &insn);
		for (; i < n && rels[i].off < off + insn.len; i++) {
			if (is_code)
				rels[i].tail = tail_of(&insn, rels[i].off - off);
		}
		off += insn.len;
	}
}

void lp_elf_load_operands(const struct lp_elf *elf, struct lp_reloc *rels)
{
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (sec->flags & SHF_EXECINSTR && sec->n_rels)
			sweep_section(elf, sec, rels + sec->rel_first);
	}
}
