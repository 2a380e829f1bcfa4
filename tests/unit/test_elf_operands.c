/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/elf.h"
#include "tests/unit/test.h"

/* Machine code up to the 4-byte field, and how many bytes of immediate come behind it. */
struct insn {
	const char *text;
	u8 bytes[12];
	u32 off; /* of the field */
	u32 tail;
};

static const struct insn insns[] = {
	{ "call f", { 0xe8 }, 1, 0 },
	{ "jmp f", { 0xe9 }, 1, 0 },
	{ "add $0xe9,%eax", { 0x05 }, 1, 0 },
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

/* A section of code whose relocations stand at OFFS, after load. */
static const struct lp_elf *object_of(const u8 *code, size_t len, const u64 *offs, u32 n)
{
	struct lp_out *out = lp_out_create(&arena);
	u32 text = lp_out_section(out, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 1, 0);
	const struct lp_elf *elf;
	size_t size;
	u8 *bytes;

	lp_out_append(out, text, code, len, 1);
	for (u32 i = 0; i < n; i++)
		lp_out_reloc(out, text, offs[i], R_X86_64_PC32, lp_out_section_symbol(out, text),
			     0);
	assert_ok(lp_out_bytes(out, &bytes, &size));
	assert_ok(lp_elf_load_mem(&arena, "code.o", bytes, size, LP_ELF_RELOCATABLE, &elf));
	assert_int_equal(elf->n_rels, n);
	return elf;
}

/* Each instruction alone, and all of them in a row behind a `je` whose target looks like a
 * prefix, as in QEMU's eth_get_gso_type. */
static void the_immediate_is_counted(void **state)
{
	(void)state;
	u64 offs[LP_ARRAY_SIZE(insns)];
	u8 row[LP_ARRAY_SIZE(insns) * 18];
	size_t len = 0;

	for (size_t i = 0; i < LP_ARRAY_SIZE(insns); i++) {
		const struct insn *insn = &insns[i];
		const struct lp_elf *elf =
			object_of(insn->bytes, insn->off + 4 + insn->tail, &(u64){ insn->off }, 1);

		if (elf->rels[0].tail != insn->tail)
			fail_msg("%s: %u, not %u", insn->text, elf->rels[0].tail, insn->tail);
		row[len++] = 0x74; /* je +15 */
		row[len++] = 0x0f;
		offs[i] = len + insn->off;
		memcpy(row + len, insn->bytes, insn->off + 4 + insn->tail);
		len += insn->off + 4 + insn->tail;
	}
	const struct lp_elf *elf = object_of(row, len, offs, LP_ARRAY_SIZE(insns));

	for (size_t i = 0; i < LP_ARRAY_SIZE(insns); i++) {
		if (elf->rels[i].tail != insns[i].tail)
			fail_msg("%s in a row: %u, not %u", insns[i].text, elf->rels[i].tail,
				 insns[i].tail);
	}
}

/* Data between functions, and an instruction that the section cuts off. */
static void what_is_no_code_is_passed_over(void **state)
{
	(void)state;
	static const u8 code[] = { 0x06, 0x06, 0xc6, 0x05, 0, 0, 0, 0, 1, 0xc6, 0x05, 0, 0, 0, 0 };
	const struct lp_elf *elf = object_of(code, sizeof(code), (const u64[]){ 4, 11 }, 2);

	assert_int_equal(elf->rels[0].tail, 1);
	assert_int_equal(elf->rels[1].tail, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_immediate_is_counted),
		TEST(what_is_no_code_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
