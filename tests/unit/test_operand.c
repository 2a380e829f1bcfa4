/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/diff.h"
#include "tests/unit/test.h"

/* Machine code up to the 4-byte field, and how many bytes of immediate come behind it. */
struct insn {
	const char *text;
	u8 bytes[8];
	u64 off; /* of the field */
	u32 tail;
};

static const struct insn insns[] = {
	{ "call f", { 0xe8 }, 1, 0 },
	{ "jmp f, behind a byte 05", { 0x05, 0xe9 }, 2, 0 },
	{ "lea x(%rip),%rdi", { 0x48, 0x8d, 0x3d }, 3, 0 },
	{ "mov x(%rip),%eax", { 0x8b, 0x05 }, 2, 0 },
	{ "cmpb $0,x(%rip)", { 0x80, 0x3d }, 2, 1 },
	{ "cmpl $0,x(%rip)", { 0x83, 0x3d }, 2, 1 },
	{ "cmpq $0,x(%rip)", { 0x48, 0x83, 0x3d }, 3, 1 },
	{ "movb $1,x(%rip)", { 0xc6, 0x05 }, 2, 1 },
	{ "movl $1,x(%rip)", { 0xc7, 0x05 }, 2, 4 },
	{ "movq $1,x(%rip)", { 0x48, 0xc7, 0x05 }, 3, 4 },
	{ "movw $1,x(%rip)", { 0x66, 0xc7, 0x05 }, 3, 2 },
	{ "addl $1000,x(%rip)", { 0x81, 0x05 }, 2, 4 },
	{ "imul $1000,x(%rip),%eax", { 0x69, 0x05 }, 2, 4 },
	{ "imul $3,x(%rip),%eax", { 0x6b, 0x05 }, 2, 1 },
	{ "shll $3,x(%rip)", { 0xc1, 0x25 }, 2, 1 },
	{ "testb $1,x(%rip)", { 0xf6, 0x05 }, 2, 1 },
	{ "testl $1,x(%rip)", { 0xf7, 0x05 }, 2, 4 },
	{ "negl x(%rip)", { 0xf7, 0x1d }, 2, 0 },
	{ "notb x(%rip)", { 0xf6, 0x15 }, 2, 0 },
	{ "btl $3,x(%rip)", { 0x0f, 0xba, 0x25 }, 3, 1 },
	{ "movzbl x(%rip),%eax", { 0x0f, 0xb6, 0x05 }, 3, 0 },
	{ "movdqa x(%rip),%xmm0", { 0x66, 0x0f, 0x6f, 0x05 }, 4, 0 },
	{ "pshufd $3,x(%rip),%xmm0", { 0x66, 0x0f, 0x70, 0x05 }, 4, 1 },
	{ "shufps $3,x(%rip),%xmm0", { 0x0f, 0xc6, 0x05 }, 3, 1 },
	{ "palignr $3,x(%rip),%xmm0", { 0x66, 0x0f, 0x3a, 0x0f, 0x05 }, 5, 1 },
};

static void the_immediate_is_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(insns); i++) {
		struct lp_section text = { .data = insns[i].bytes, .size = 8 };
		u32 tail = cdo_operand_tail(&text, insns[i].off);

		if (tail != insns[i].tail)
			fail_msg("%s: %u, not %u", insns[i].text, tail, insns[i].tail);
	}
}

static void names_lose_what_the_compiler_appends(void **state)
{
	(void)state;
	static const char *const names[][2] = {
		{ "count.3", "count" },
		{ "f.constprop.0", "f.constprop" },
		{ "f.count.12", "f.count" },
		{ "plain", "plain" },
		{ "x9", "x9" },
		{ ".7", ".7" },
		{ "a.1.2", "a" },
		{ "trailing.", "trailing." },
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++)
		assert_string_equal(cdo_base_name(&arena, names[i][0]), names[i][1]);
	assert_true(cdo_is_cold_name("f.cold"));
	assert_true(cdo_is_cold_name("f.part.0.cold"));
	assert_false(cdo_is_cold_name("f.colder"));
	assert_true(cdo_is_compiler_object("__func__"));
	assert_false(cdo_is_compiler_object("__func__names"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_immediate_is_counted),
		TEST(names_lose_what_the_compiler_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
