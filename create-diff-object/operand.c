/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a PC-relative field is from the end of its instruction. `cmpb $0, str(%rip)`
 * has one more byte behind the field, so that the assembler writes the addend -5 instead
 * of -4; without knowing that, the reference would seem to point at the byte before.
 * Only the forms with a RIP-relative operand and an immediate matter; the opcode stands
 * right before the ModRM byte, which stands right before the field.
 */
#include "create-diff-object/diff.h"

/* Immediate of a one-byte opcode with ModRM; PREFIX16 when the operand size is 16 bits. */
static u32 tail_one_byte(u8 opcode, u8 reg, bool prefix16)
{
	switch (opcode) {
	case 0x80: /* add, or, ..., cmp $imm8 */
	case 0x83:
	case 0xc0: /* shifts */
	case 0xc1:
	case 0xc6: /* movb */
	case 0x6b: /* imul */
		return 1;
	case 0x81: /* the same with the full immediate */
	case 0xc7:
	case 0x69:
		return prefix16 ? 2 : 4;
	case 0xf6: /* testb */
		return reg < 2 ? 1 : 0;
	case 0xf7:
		return reg >= 2 ? 0 : prefix16 ? 2 : 4;
	default:
		return 0;
	}
}

static u32 tail_two_byte(u8 opcode)
{
	switch (opcode) {
	case 0x70: /* pshuf* */
	case 0xa4: /* shld */
	case 0xac: /* shrd */
	case 0xba: /* bt, bts, btr, btc */
	case 0xc2: /* cmpps and its like */
	case 0xc4: /* pinsrw */
	case 0xc6: /* shufps */
		return 1;
	default:
		return 0;
	}
}

u32 cdo_operand_tail(const struct lp_section *text, u64 off)
{
	const u8 *p = text->data + off;

	if (off < 2 || (p[-1] & 0xc7) != 0x05) /* no RIP-relative ModRM: call, jmp */
		return 0;
	u8 reg = p[-1] >> 3 & 7;

	if (off >= 4 && p[-4] == 0x0f && p[-3] == 0x3a) /* palignr, pclmulqdq, ... */
		return 1;
	if (off >= 3 && p[-3] == 0x0f)
		return tail_two_byte(p[-2]);
	bool has_rex = off >= 3 && (p[-3] & 0xf0) == 0x40;
	bool prefix16 = (off >= 3 && p[-3] == 0x66) || (has_rex && off >= 4 && p[-4] == 0x66);

	return tail_one_byte(p[-2], reg, prefix16);
}
