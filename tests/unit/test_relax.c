/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions as gcc emits them, and what they have to become; objdump is the reference. */
#include "test.h"

#include "extract-patch/relax.h"

struct got_case {
	u8 before[8], after[8];
	u64 size, off, want_off; /* of the field; want_off UINT64_MAX: must not change */
};

static const struct got_case got_cases[] = {
	/* mov foo@GOTPCREL(%rip),%rax -> lea foo(%rip),%rax */
	{ { 0x48, 0x8b, 0x05 }, { 0x48, 0x8d, 0x05 }, 7, 3, 3 },
	/* mov foo@GOTPCREL(%rip),%r15 */
	{ { 0x4c, 0x8b, 0x3d }, { 0x4c, 0x8d, 0x3d }, 7, 3, 3 },
	/* call *foo@GOTPCREL(%rip) -> addr32 call foo */
	{ { 0xff, 0x15 }, { 0x67, 0xe8 }, 6, 2, 2 },
	/* jmp *foo@GOTPCREL(%rip) -> jmp foo; nop (the field is filled later) */
	{ { 0xff, 0x25 }, { 0xe9, 0x25, 0, 0, 0, 0x90 }, 6, 2, 1 },
	/* cmp foo@GOTPCREL(%rip),%rax and movq foo@GOTPCREL(%rip),%xmm0 need a slot */
	{ { 0x48, 0x3b, 0x05 }, { 0x48, 0x3b, 0x05 }, 7, 3, UINT64_MAX },
	{ { 0xf3, 0x0f, 0x7e, 0x05 }, { 0xf3, 0x0f, 0x7e, 0x05 }, 8, 4, UINT64_MAX },
	/* push *foo@GOTPCREL(%rip): the same opcode as call */
	{ { 0xff, 0x35 }, { 0xff, 0x35 }, 6, 2, UINT64_MAX },
	/* a field that does not fit */
	{ { 0x48, 0x8b, 0x05 }, { 0x48, 0x8b, 0x05 }, 6, 3, UINT64_MAX },
};

static void test_got(void **state)
{
	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(got_cases); i++) {
		const struct got_case *c = &got_cases[i];
		u64 off = 0;
		u8 code[8];

		memcpy(code, c->before, sizeof(code));
		assert_int_equal(ep_relax_got(code, c->size, c->off, &off),
				 c->want_off != UINT64_MAX);
		assert_memory_equal(code, c->after, sizeof(code));
		if (c->want_off != UINT64_MAX)
			assert_int_equal(off, c->want_off);
	}
}

static void test_got_at_start(void **state)
{
	u8 code[4] = { 0x8b, 0x05 };
	u64 off;

	(void)state;
	assert_false(ep_relax_got(code, sizeof(code), 0, &off));
	assert_false(ep_relax_got(code, sizeof(code), 1, &off));
	assert_false(ep_is_indirect_branch(code, sizeof(code), 0));
}

static void test_branch(void **state)
{
	static const u8 call[] = { 0xff, 0x15, 0, 0, 0, 0 }, load[] = { 0x8b, 0x05, 0, 0, 0, 0 };

	(void)state;
	assert_true(ep_is_indirect_branch(call, sizeof(call), 2));
	assert_false(ep_is_indirect_branch(load, sizeof(load), 2));
}

struct tls_case {
	u8 before[7], imm[7], lea[7];
	bool has_imm, has_lea;
};

/* The constant is -0x24. */
static const struct tls_case tls_cases[] = {
	/* mov foo@gottpoff(%rip),%rax -> mov $-0x24,%rax */
	{ { 0x48, 0x8b, 0x05 }, { 0x48, 0xc7, 0xc0, 0xdc, 0xff, 0xff, 0xff }, { 0 }, true, false },
	/* mov foo@gottpoff(%rip),%r9 -> mov $-0x24,%r9 */
	{ { 0x4c, 0x8b, 0x0d }, { 0x49, 0xc7, 0xc1, 0xdc, 0xff, 0xff, 0xff }, { 0 }, true, false },
	/* add foo@gottpoff(%rip),%rbx -> add $-0x24,%rbx; ld: lea -0x24(%rbx),%rbx */
	{ { 0x48, 0x03, 0x1d },
	  { 0x48, 0x81, 0xc3, 0xdc, 0xff, 0xff, 0xff },
	  { 0x48, 0x8d, 0x9b, 0xdc, 0xff, 0xff, 0xff },
	  true,
	  true },
	/* add foo@gottpoff(%rip),%r12: no short lea, rm 100 means a SIB byte */
	{ { 0x4c, 0x03, 0x25 }, { 0x49, 0x81, 0xc4, 0xdc, 0xff, 0xff, 0xff }, { 0 }, true, false },
	/* add foo@gottpoff(%rip),%r13 */
	{ { 0x4c, 0x03, 0x2d },
	  { 0x49, 0x81, 0xc5, 0xdc, 0xff, 0xff, 0xff },
	  { 0x4d, 0x8d, 0xad, 0xdc, 0xff, 0xff, 0xff },
	  true,
	  true },
	/* cmp foo@gottpoff(%rip),%rax, and a mov without REX.W */
	{ { 0x48, 0x3b, 0x05 }, { 0 }, { 0 }, false, false },
	{ { 0x40, 0x8b, 0x05 }, { 0 }, { 0 }, false, false },
};

static void test_tls(void **state)
{
	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(tls_cases); i++) {
		const struct tls_case *c = &tls_cases[i];
		u8 imm[7], lea[7];

		memcpy(imm, c->before, sizeof(imm));
		memcpy(lea, c->before, sizeof(lea));
		assert_int_equal(ep_relax_tls(imm, sizeof(imm), 3, -0x24), c->has_imm);
		assert_int_equal(ep_relax_tls_lea(lea, sizeof(lea), 3, -0x24), c->has_lea);
		assert_memory_equal(imm, c->has_imm ? c->imm : c->before, sizeof(imm));
		assert_memory_equal(lea, c->has_lea ? c->lea : c->before, sizeof(lea));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_got),
		TEST(test_got_at_start),
		TEST(test_branch),
		TEST(test_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
