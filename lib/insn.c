/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/insn.h"

#include <Zycore/Format.h>
#include <Zydis/Zydis.h>

static struct lp_insn_field field(u8 off, u8 bits, s64 value)
{
	return (struct lp_insn_field){ bits ? off : 0, bits / 8, bits ? value : 0 };
}

static enum lp_flow flow(const ZydisDecodedInstruction *insn)
{
	ZydisMnemonic mnemonic = insn->mnemonic;
	bool is_relative = insn->raw.imm[0].is_relative;

	if (mnemonic == ZYDIS_MNEMONIC_CALL)
		return LP_FLOW_CALL;
	if (mnemonic == ZYDIS_MNEMONIC_JMP)
		return is_relative ? LP_FLOW_JUMP : LP_FLOW_COMPUTED;
	if (mnemonic == ZYDIS_MNEMONIC_RET)
		return LP_FLOW_RETURN;
	if (mnemonic == ZYDIS_MNEMONIC_UD2 || mnemonic == ZYDIS_MNEMONIC_INT3)
		return LP_FLOW_STOP;
	return is_relative ? LP_FLOW_CHOICE : LP_FLOW_ON;
}

static s8 reg(u8 low, u8 high)
{
	return (s8)((low & 7) | (high & 1) << 3);
}

static void find_copy(const ZydisDecodedInstruction *insn, struct lp_insn *ret)
{
	const ZydisDecodedInstructionRawRex *rex = &insn->raw.rex;
	u8 mod = insn->raw.modrm.mod, rm = insn->raw.modrm.rm;

	ret->copy_from = ret->copy_to = -1;
	if (insn->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY ||
	    insn->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
		return;
	if (insn->opcode == 0x89 && mod == 3 && rex->W) {
		ret->copy_from = reg(insn->raw.modrm.reg, rex->R);
		ret->copy_to = reg(rm, rex->B);
	} else if (insn->opcode == 0x8b && mod == 3 && rex->W) {
		ret->copy_from = reg(rm, rex->B);
		ret->copy_to = reg(insn->raw.modrm.reg, rex->R);
	} else if (insn->opcode == 0x8d && mod == 0 && rm == 5) {
		ret->copy_to = reg(insn->raw.modrm.reg, rex->R);
	} else if ((insn->opcode & 0xf8) == 0xb8 ||
		   (insn->opcode == 0xc7 && insn->raw.modrm.reg == 0 && mod == 3)) {
		ret->copy_to = reg(insn->opcode == 0xc7 ? rm : insn->opcode, rex->B);
	}
}

bool lp_insn_decode(const u8 *code, u64 size, struct lp_insn *ret)
{
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;

	/* Lengths and raw fields need no operands, which are three quarters of the work. */
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(
		    &decoder, NULL, code, size < LP_INSN_MAX ? size : LP_INSN_MAX, &insn)))
		return false;
	*ret = (struct lp_insn){ .len = insn.length };
	ret->disp = field(insn.raw.disp.offset, insn.raw.disp.size, insn.raw.disp.value);
	for (u32 i = 0; i < 2; i++)
		ret->imm[i] = field(insn.raw.imm[i].offset, insn.raw.imm[i].size,
				    insn.raw.imm[i].value.s);
	ret->is_branch = insn.raw.imm[0].is_relative;
	ret->is_rip_relative = !ret->is_branch && (insn.attributes & ZYDIS_ATTRIB_IS_RELATIVE);
	if (ret->is_branch)
		ret->target = ret->len + ret->imm[0].value;
	ret->flow = (u8)flow(&insn);
	find_copy(&insn, ret);
	ret->is_pop = insn.mnemonic == ZYDIS_MNEMONIC_POP && !insn.raw.modrm.offset;
	return true;
}

/* A general register as a bit, 0 for all others. */
static u32 bit(const ZydisDecodedInstruction *insn, ZydisRegister reg)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(insn->machine_mode, reg);

	return ZydisRegisterGetClass(whole) == ZYDIS_REGCLASS_GPR64
		       ? UINT32_C(1) << ZydisRegisterGetId(whole)
		       : 0;
}

static void add_register(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operand,
			 struct lp_insn_registers *ret)
{
	u32 found = bit(insn, operand->reg.value);

	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
		ret->writes |= found;
	/* Something of the old value stays in the 8 and 16 bit forms and in cmov. */
	if ((operand->actions &
	     (ZYDIS_OPERAND_ACTION_MASK_READ | ZYDIS_OPERAND_ACTION_CONDWRITE)) ||
	    operand->size < 32)
		ret->reads |= found;
}

/* `xor %edx,%edx` is how a register becomes 0. */
static bool is_zeroing(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands)
{
	return insn->mnemonic == ZYDIS_MNEMONIC_XOR &&
	       operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER && operands[0].size >= 32 &&
	       operands[0].reg.value == operands[1].reg.value;
}

struct lp_insn_registers lp_insn_registers(const u8 *code, u64 size)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	struct lp_insn_registers ret = { 0 };
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(
		    &decoder, code, size < LP_INSN_MAX ? size : LP_INSN_MAX, &insn, operands)))
		return (struct lp_insn_registers){ UINT32_MAX, UINT32_MAX };
	for (u32 i = 0; i < insn.operand_count; i++) {
		const ZydisDecodedOperand *operand = &operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
			add_register(&insn, operand, &ret);
		else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
			ret.reads |= bit(&insn, operand->mem.base) | bit(&insn, operand->mem.index);
	}
	if (is_zeroing(&insn, operands))
		ret.reads = 0;
	return ret;
}

u32 lp_insn_access(const u8 *code, u64 size)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(
		    &decoder, code, size < LP_INSN_MAX ? size : LP_INSN_MAX, &insn, operands)))
		return 0;
	for (u32 i = 0; i < insn.operand_count_visible; i++) {
		if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM)
			return operands[i].size / 8;
	}
	return 0;
}

/* ---- text ---- */

struct names { /* the caller's hook, and what the formatter would do without it */
	lp_insn_symbol_fn *symbol;
	void *arg;
	ZydisFormatterFunc print_disp, print_imm, print_branch;
};

static ZyanStatus print(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
			ZydisFormatterContext *context, const char *sigil, u32 off,
			ZydisFormatterFunc otherwise)
{
	const struct names *names = context->user_data;
	const char *text = names->symbol ? names->symbol(names->arg, off) : NULL;
	ZyanString *string;

	if (!text)
		return otherwise(formatter, buffer, context);
	ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL));
	ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &string));
	return ZyanStringAppendFormat(string, "%s%s", sigil, text);
}

static ZyanStatus print_disp(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
			     ZydisFormatterContext *context)
{
	const struct names *names = context->user_data;

	return print(formatter, buffer, context, "", context->instruction->raw.disp.offset,
		     names->print_disp);
}

/* Of two immediates none is ever a symbol. */
static ZyanStatus print_imm(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
			    ZydisFormatterContext *context)
{
	const struct names *names = context->user_data;

	if (context->instruction->raw.imm[1].size)
		return names->print_imm(formatter, buffer, context);
	return print(formatter, buffer, context, "$", context->instruction->raw.imm[0].offset,
		     names->print_imm);
}

static ZyanStatus print_branch(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
			       ZydisFormatterContext *context)
{
	const struct names *names = context->user_data;

	return print(formatter, buffer, context, "", context->instruction->raw.imm[0].offset,
		     names->print_branch);
}

/* `call *table(,%rax,8)`: Zydis leaves the star out. */
static ZyanStatus print_star(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
			     ZydisFormatterContext *context)
{
	ZydisInstructionCategory category = context->instruction->meta.category;
	ZyanString *string;

	(void)formatter;
	if ((category != ZYDIS_CATEGORY_CALL && category != ZYDIS_CATEGORY_UNCOND_BR) ||
	    context->operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return ZYAN_STATUS_SUCCESS;
	ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_DELIMITER));
	ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &string));
	return ZyanStringAppendFormat(string, "*");
}

/* Returns what the formatter did before. */
static ZydisFormatterFunc hook(ZydisFormatter *formatter, ZydisFormatterFunction when,
			       ZydisFormatterFunc function)
{
	const void *callback = (const void *)function;

	ZydisFormatterSetHook(formatter, when, &callback);
	return (ZydisFormatterFunc)(uintptr_t)callback;
}

static void init_formatter(ZydisFormatter *formatter, struct names *names)
{
	static const struct {
		ZydisFormatterProperty property;
		ZyanUPointer value;
	} style[] = {
		{ ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE },
		{ ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED },
		{ ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED },
		{ ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED },
		{ ZYDIS_FORMATTER_PROP_FORCE_RELATIVE_RIPREL, ZYAN_TRUE },
	};

	ZydisFormatterInit(formatter, ZYDIS_FORMATTER_STYLE_ATT);
	for (u32 i = 0; i < LP_ARRAY_SIZE(style); i++)
		ZydisFormatterSetProperty(formatter, style[i].property, style[i].value);
	names->print_disp = hook(formatter, ZYDIS_FORMATTER_FUNC_PRINT_DISP, print_disp);
	names->print_imm = hook(formatter, ZYDIS_FORMATTER_FUNC_PRINT_IMM, print_imm);
	names->print_branch = hook(formatter, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS, print_branch);
	hook(formatter, ZYDIS_FORMATTER_FUNC_PRE_OPERAND, print_star);
}

/* Zydis leaves a displacement of 0 out, which is what a relocated field looks like. */
static void keep_named(const ZydisDecodedInstruction *insn, ZydisDecodedOperand *operands,
		       const struct names *names)
{
	for (u32 i = 0; i < insn->operand_count_visible; i++) {
		ZydisDecodedOperand *operand = &operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && insn->raw.disp.size &&
		    !operand->mem.disp.value && names->symbol &&
		    names->symbol(names->arg, insn->raw.disp.offset))
			operand->mem.disp.value = 1;
	}
}

const char *lp_insn_text(struct lp_arena *arena, const u8 *code, u64 size, u64 at,
			 lp_insn_symbol_fn *symbol, void *arg)
{
	struct names names = { .symbol = symbol, .arg = arg };
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	ZydisFormatter formatter;
	ZydisDecoder decoder;
	char text[512];

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	init_formatter(&formatter, &names);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(
		    &decoder, code, size < LP_INSN_MAX ? size : LP_INSN_MAX, &insn, operands)))
		return "(bad)";
	keep_named(&insn, operands, &names);
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &insn, operands,
							  insn.operand_count_visible, text,
							  sizeof(text), at, &names)))
		return "(bad)";
	return lp_strdup(arena, text);
}
