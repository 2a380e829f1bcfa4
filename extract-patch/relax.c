// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the field belongs to is read backwards from it: the byte before a RIP-relative
 * displacement is a ModRM byte with mod 00 and rm 101, and the opcode is before that. A full
 * decoder is not needed for that; nor would it know where an instruction begins.
 */
#include <string.h>

#include "extract-patch/relax.h"

#define MODRM_RIP(b)   (((b)&0xc7) == 0x05)
#define MODRM_REG(b)   (((b) >> 3) & 7)
#define REX_W	       0x48
#define REX_R	       0x04
#define REX_B	       0x01
#define OP_MOV_LOAD    0x8b
#define OP_ADD_LOAD    0x03
#define OP_LEA	       0x8d
#define OP_MOV_IMM     0xc7
#define OP_ADD_IMM     0x81
#define OP_GROUP5      0xff
#define MODRM_CALL_RIP 0x15
#define MODRM_JMP_RIP  0x25
#define OP_CALL	       0xe8
#define OP_JMP	       0xe9
#define OP_NOP	       0x90
#define PREFIX_ADDR32  0x67

bool ep_is_indirect_branch(const u8 *code, u64 size, u64 off)
{
	if (off < 2 || !lp_in_range(off, 4, size) || code[off - 2] != OP_GROUP5)
		return false;
	return code[off - 1] == MODRM_CALL_RIP || code[off - 1] == MODRM_JMP_RIP;
}

bool ep_relax_got(u8 *code, u64 size, u64 off, u64 *ret_off)
{
	if (off < 2 || !lp_in_range(off, 4, size))
		return false;
	*ret_off = off;
	if (code[off - 2] == OP_MOV_LOAD && MODRM_RIP(code[off - 1])) {
		code[off - 2] = OP_LEA;
		return true;
	}
	if (!ep_is_indirect_branch(code, size, off))
		return false;
	if (code[off - 1] == MODRM_CALL_RIP) {
		code[off - 2] = PREFIX_ADDR32;
		code[off - 1] = OP_CALL;
		return true;
	}
	code[off - 2] = OP_JMP;
	code[off + 3] = OP_NOP;
	*ret_off = off - 1;
	return true;
}

/* The REX prefix, opcode and ModRM of `op foo@gottpoff(%rip),%reg`, or false. */
static bool is_tls_load(const u8 *code, u64 size, u64 off)
{
	if (off < 3 || !lp_in_range(off, 4, size) || !MODRM_RIP(code[off - 1]))
		return false;
	if ((code[off - 3] & ~REX_R) != REX_W)
		return false;
	return code[off - 2] == OP_MOV_LOAD || code[off - 2] == OP_ADD_LOAD;
}

bool ep_relax_tls(u8 *code, u64 size, u64 off, s32 tpoff)
{
	bool is_high;
	u8 reg;

	if (!is_tls_load(code, size, off))
		return false;
	/* The register moves from the reg field to the rm field, its high bit from R to B. */
	is_high = code[off - 3] & REX_R;
	reg = MODRM_REG(code[off - 1]);
	code[off - 3] = (u8)(REX_W | (is_high ? REX_B : 0));
	code[off - 2] = code[off - 2] == OP_MOV_LOAD ? OP_MOV_IMM : OP_ADD_IMM;
	code[off - 1] = (u8)(0xc0 | reg);
	memcpy(code + off, &tpoff, sizeof(tpoff));
	return true;
}

bool ep_relax_tls_lea(u8 *code, u64 size, u64 off, s32 tpoff)
{
	bool is_high;
	u8 reg;

	if (!is_tls_load(code, size, off) || code[off - 2] != OP_ADD_LOAD)
		return false;
	is_high = code[off - 3] & REX_R;
	reg = MODRM_REG(code[off - 1]);
	if (reg == 4) /* rsp and r12 need a SIB byte, so that ld uses add $imm for them */
		return false;
	code[off - 3] = (u8)(REX_W | (is_high ? REX_R | REX_B : 0));
	code[off - 2] = OP_LEA;
	code[off - 1] = (u8)(0x80 | reg << 3 | reg);
	memcpy(code + off, &tpoff, sizeof(tpoff));
	return true;
}
