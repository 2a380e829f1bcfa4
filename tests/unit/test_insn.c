/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/insn.h"
#include "test.h"

#define DECODE(...) decode((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))
#define TEXT(at, name, ...)                                                                        \
	lp_insn_text(&arena, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }), at, \
		     symbol_at, (struct place[]){ name })

static struct lp_insn decode(const u8 *code, u64 size)
{
	struct lp_insn insn = { 0 };

	assert_true(lp_insn_decode(code, size, &insn));
	assert_int_equal(insn.len, size);
	return insn;
}

static void assert_field(struct lp_insn_field field, u32 off, u32 width, s64 value)
{
	assert_int_equal(field.off, off);
	assert_int_equal(field.width, width);
	assert_int_equal(field.value, value);
}

static void numbers_are_found(void **state)
{
	(void)state;
	struct lp_insn insn = DECODE(0xc7, 0x44, 0x24, 0x08, 0x7b, 0, 0, 0); /* movl $123,8(%rsp) */

	assert_field(insn.disp, 3, 1, 8);
	assert_field(insn.imm[0], 4, 4, 123);
	assert_field(insn.imm[1], 0, 0, 0);
	assert_false(insn.is_rip_relative);
	assert_false(insn.is_branch);
	insn = DECODE(0x80, 0x3d, 0x10, 0, 0, 0, 0xff); /* cmpb $-1,0x10(%rip) */
	assert_true(insn.is_rip_relative);
	assert_field(insn.disp, 2, 4, 0x10);
	assert_field(insn.imm[0], 6, 1, -1);
	insn = DECODE(0x66, 0xc7, 0x05, 0, 0, 0, 0, 0x34, 0x12); /* movw $0x1234,0(%rip) */
	assert_field(insn.disp, 3, 4, 0);
	assert_field(insn.imm[0], 7, 2, 0x1234);
	insn = DECODE(0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8); /* movabs */
	assert_field(insn.imm[0], 2, 8, 0x0807060504030201);
	insn = DECODE(0xc8, 0x10, 0, 0x01); /* enter $16,$1 */
	assert_field(insn.imm[0], 1, 2, 16);
	assert_field(insn.imm[1], 3, 1, 1);
	insn = DECODE(0x48, 0xa1, 1, 0, 0, 0, 0, 0, 0, 0); /* movabs 1,%rax */
	assert_field(insn.disp, 2, 8, 1);
	insn = DECODE(0x90);
	assert_field(insn.disp, 0, 0, 0);
	assert_field(insn.imm[0], 0, 0, 0);
}

static void branches_have_a_target(void **state)
{
	(void)state;
	struct lp_insn insn = DECODE(0xe8, 0xfb, 0xff, 0xff, 0xff); /* call to itself */

	assert_true(insn.is_branch);
	assert_false(insn.is_rip_relative);
	assert_field(insn.imm[0], 1, 4, -5);
	assert_int_equal(insn.target, 0);
	insn = DECODE(0x74, 0x10); /* je */
	assert_true(insn.is_branch);
	assert_int_equal(insn.target, 0x12);
	insn = DECODE(0x0f, 0x85, 0, 1, 0, 0); /* jne */
	assert_true(insn.is_branch);
	assert_int_equal(insn.target, 0x106);
	insn = DECODE(0xff, 0x15, 0, 0, 0, 0); /* call *0(%rip) */
	assert_false(insn.is_branch);
	assert_true(insn.is_rip_relative);
}

static void what_comes_next_is_known(void **state)
{
	(void)state;
	assert_int_equal(DECODE(0xe8, 0, 0, 0, 0).flow, LP_FLOW_CALL);
	assert_int_equal(DECODE(0xff, 0x15, 0, 0, 0, 0).flow, LP_FLOW_CALL); /* call *0(%rip) */
	assert_int_equal(DECODE(0xeb, 0).flow, LP_FLOW_JUMP);
	assert_int_equal(DECODE(0xe9, 0, 0, 0, 0).flow, LP_FLOW_JUMP);
	assert_int_equal(DECODE(0xff, 0xe0).flow, LP_FLOW_COMPUTED);	   /* jmp *%rax */
	assert_int_equal(DECODE(0x3e, 0xff, 0xe0).flow, LP_FLOW_COMPUTED); /* notrack */
	assert_int_equal(DECODE(0x74, 0).flow, LP_FLOW_CHOICE);		   /* je */
	assert_int_equal(DECODE(0x0f, 0x85, 0, 0, 0, 0).flow, LP_FLOW_CHOICE);
	assert_int_equal(DECODE(0xe3, 0).flow, LP_FLOW_CHOICE); /* jrcxz */
	assert_int_equal(DECODE(0xc3).flow, LP_FLOW_RETURN);
	assert_int_equal(DECODE(0xf3, 0xc3).flow, LP_FLOW_RETURN); /* repz ret */
	assert_int_equal(DECODE(0x0f, 0x0b).flow, LP_FLOW_STOP);   /* ud2 */
	assert_int_equal(DECODE(0x90).flow, LP_FLOW_ON);
}

static void assert_copy(struct lp_insn insn, int from, int to)
{
	assert_int_equal(insn.copy_from, from);
	assert_int_equal(insn.copy_to, to);
}

static void copies_of_registers_are_known(void **state)
{
	(void)state;
	assert_copy(DECODE(0x4c, 0x89, 0xe6), 12, 6);		   /* mov %r12,%rsi */
	assert_copy(DECODE(0x49, 0x8b, 0xf4), 12, 6);		   /* the same, encoded otherwise */
	assert_copy(DECODE(0x4c, 0x8d, 0x25, 0, 0, 0, 0), -1, 12); /* lea 0(%rip),%r12 */
	assert_copy(DECODE(0xbe, 0, 0, 0, 0), -1, 6);		   /* mov $0,%esi */
	assert_copy(DECODE(0x41, 0xbc, 0, 0, 0, 0), -1, 12);	   /* mov $0,%r12d */
	assert_copy(DECODE(0x49, 0xc7, 0xc4, 0, 0, 0, 0), -1, 12); /* movq $0,%r12 */
	assert_copy(DECODE(0x89, 0xc6), -1, -1);		   /* mov %eax,%esi */
	assert_copy(DECODE(0x48, 0x89, 0x30), -1, -1);		   /* mov %rsi,(%rax) */
	assert_copy(DECODE(0x48, 0x8d, 0x70, 0x08), -1, -1);	   /* lea 8(%rax),%rsi */
	assert_copy(DECODE(0xc7, 0x44, 0x24, 0x08, 0, 0, 0, 0), -1, -1); /* movl $0,8(%rsp) */
	assert_copy(DECODE(0xc5, 0xf8, 0x28, 0xc1), -1, -1);		 /* vmovaps %xmm1,%xmm0 */
}

static void assert_registers(struct lp_insn_registers registers, u32 reads, u32 writes)
{
	assert_int_equal(registers.reads, reads);
	assert_int_equal(registers.writes, writes);
}

#define REGISTERS(...)                                                                             \
	lp_insn_registers((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))
#define R(n) (1u << (n))

static void what_is_done_with_registers_is_known(void **state)
{
	(void)state;
	/* mov 16(%rsp),%r12; movslq %eax,%rbp; pop %r12; xchg %rbx,%rax; mul %ebx */
	assert_registers(REGISTERS(0x4c, 0x8b, 0x64, 0x24, 0x10), R(4), R(12));
	assert_registers(REGISTERS(0x48, 0x63, 0xe8), R(0), R(5));
	assert_registers(REGISTERS(0x41, 0x5c), R(4), R(4) | R(12));
	assert_registers(REGISTERS(0x48, 0x87, 0xd8), R(0) | R(3), R(0) | R(3));
	assert_registers(REGISTERS(0xf7, 0xe3), R(0) | R(3), R(0) | R(2));
	/* mov %r12,(%rax,%rdx,8); test %r12,%r12; movdqa %xmm1,%xmm0; lea 8(%rdx),%rsi */
	assert_registers(REGISTERS(0x4c, 0x89, 0x24, 0xd0), R(0) | R(2) | R(12), 0);
	assert_registers(REGISTERS(0x4d, 0x85, 0xe4), R(12), 0);
	assert_registers(REGISTERS(0x66, 0x0f, 0x6f, 0xc1), 0, 0);
	assert_registers(REGISTERS(0x48, 0x8d, 0x72, 0x08), R(2), R(6));
	/* A part of the old value stays: mov %al,%r12b; mov $1,%ah; cmove %r12,%rbx */
	assert_registers(REGISTERS(0x41, 0x88, 0xc4), R(0) | R(12), R(12));
	assert_registers(REGISTERS(0xb4, 0x01), R(0), R(0));
	assert_registers(REGISTERS(0x49, 0x0f, 0x44, 0xdc), R(3) | R(12), R(3));
	/* Nothing stays: xor %edx,%edx; but xor %dl,%dl; xor %eax,%edx; mov $18,%edx */
	assert_registers(REGISTERS(0x31, 0xd2), 0, R(2));
	assert_registers(REGISTERS(0x30, 0xd2), R(2), R(2));
	assert_registers(REGISTERS(0x31, 0xc2), R(0) | R(2), R(2));
	assert_registers(REGISTERS(0xba, 18, 0, 0, 0), 0, R(2));
	assert_true(DECODE(0x41, 0x5c).is_pop);
	assert_false(DECODE(0x8f, 0x00).is_pop); /* popq (%rax) */
	assert_false(DECODE(0x58 - 8).is_pop);
	assert_registers(REGISTERS(0x06), UINT32_MAX, UINT32_MAX); /* no instruction */
}

#define ACCESS(...) lp_insn_access((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void bytes_of_a_memory_operand_are_known(void **state)
{
	(void)state;
	assert_int_equal(ACCESS(0x8b, 0x05, 0, 0, 0, 0), 4);		  /* mov x(%rip),%eax */
	assert_int_equal(ACCESS(0x80, 0x3d, 0, 0, 0, 0, 0), 1);		  /* cmpb $0,x(%rip) */
	assert_int_equal(ACCESS(0xf2, 0x0f, 0x10, 0x05, 0, 0, 0, 0), 8);  /* movsd x(%rip),%xmm0 */
	assert_int_equal(ACCESS(0x66, 0x0f, 0x6f, 0x05, 0, 0, 0, 0), 16); /* movdqa x(%rip),%xmm0 */
	assert_int_equal(ACCESS(0x48, 0x8d, 0x05, 0, 0, 0, 0), 0);	  /* lea x(%rip),%rax */
	assert_int_equal(ACCESS(0x89, 0xc3), 0);			  /* mov %eax,%ebx */
	assert_int_equal(ACCESS(0x06), 0);				  /* no instruction */
}

/* Not a byte behind SIZE is looked at: the sanitizers see it if one is. */
static void the_end_of_the_code_is_respected(void **state)
{
	(void)state;
	static const u8 whole[] = { 0x66, 0xc7, 0x05, 0, 0, 0, 0, 0x34, 0x12 };
	struct lp_insn insn;

	for (size_t size = 0; size < sizeof(whole); size++) {
		u8 *code = malloc(size ? size : 1);

		assert_non_null(code);
		memcpy(code, whole, size);
		assert_false(lp_insn_decode(code, size, &insn));
		assert_string_equal(lp_insn_text(&arena, code, size, 0, NULL, NULL), "(bad)");
		free(code);
	}
	assert_true(lp_insn_decode(whole, sizeof(whole), &insn));
	assert_false(lp_insn_decode((const u8[]){ 0x06 }, 1, &insn)); /* push %es: not in 64 bits */
}

struct place {
	u32 off;
	const char *name;
};

static const char *symbol_at(void *arg, u32 off)
{
	const struct place *place = arg;

	return place->off == off ? place->name : NULL;
}

#define NAME(off, name)                                                                            \
	{                                                                                          \
		off, name                                                                          \
	}
#define NUMBER NAME(99, NULL)

static void text_is_like_objdump(void **state)
{
	(void)state;
	assert_string_equal(TEXT(0, NUMBER, 0x89, 0xd8), "mov %ebx, %eax");
	assert_string_equal(TEXT(0, NUMBER, 0xc7, 0x44, 0x24, 0x08, 0x7b, 0, 0, 0),
			    "movl $0x7b, 0x8(%rsp)");
	assert_string_equal(TEXT(0x100, NUMBER, 0x74, 0x10), "jz 0x112");
	assert_string_equal(TEXT(0, NUMBER, 0xc3), "ret");
	assert_string_equal(TEXT(0, NUMBER, 0xb8, 0xff, 0xff, 0xff, 0xff), "mov $-0x1, %eax");
}

static void symbols_stand_for_numbers(void **state)
{
	(void)state;
	assert_string_equal(TEXT(0, NAME(1, "qemu_mutex_lock_impl"), 0xe8, 0, 0, 0, 0),
			    "call qemu_mutex_lock_impl");
	assert_string_equal(TEXT(0, NAME(3, "\"100%d\""), 0x48, 0x8d, 0x3d, 0, 0, 0, 0),
			    "lea \"100%d\"(%rip), %rdi");
	assert_string_equal(TEXT(0, NAME(1, "table"), 0xbf, 0, 0, 0, 0), "mov $table, %edi");
	assert_string_equal(TEXT(0, NAME(2, "flag"), 0x80, 0x3d, 0, 0, 0, 0, 0x01),
			    "cmpb $0x1, flag(%rip)");
	assert_string_equal(TEXT(0, NAME(4, "table"), 0x48, 0x8b, 0x04, 0xc5, 0, 0, 0, 0),
			    "mov table(,%rax,8), %rax");
	assert_string_equal(TEXT(0, NAME(2, "f@GOTPCREL"), 0xff, 0x15, 0, 0, 0, 0),
			    "call *f@GOTPCREL(%rip)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_found),
		TEST(branches_have_a_target),
		TEST(what_comes_next_is_known),
		TEST(copies_of_registers_are_known),
		TEST(what_is_done_with_registers_is_known),
		TEST(bytes_of_a_memory_operand_are_known),
		TEST(the_end_of_the_code_is_respected),
		TEST(text_is_like_objdump),
		TEST(symbols_stand_for_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
