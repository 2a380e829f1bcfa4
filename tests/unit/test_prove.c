/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The comparison of original code with the executable's: what the linker may have made of each
 * relocation is accepted, anything else is not. The executable is a table in memory.
 */
#include "test.h"

#include "extract-patch/flavour.h"

#define TEXT_ADDR   0x1000
#define FUNC_ADDR   0x1040 /* where the function under test should be */
#define CALLEE_ADDR 0x1080
#define PLT_ADDR    0x10c0
#define DATA_ADDR   0x3000
#define STRING_ADDR 0x3010
#define SLOT_ADDR   0x4000 /* GOT */
#define TLS_OFFSET  (-0x20)

static u8 text[0x100], rodata[0x40], got[0x20];

static struct lp_symbol symbols[] = {
	{ .name = "" },
	{ .name = "callee",
	  .value = CALLEE_ADDR,
	  .size = 8,
	  .type = STT_FUNC,
	  .bind = STB_GLOBAL,
	  .shndx = 1 },
	{ .name = "per_thread",
	  .value = 0,
	  .size = 8,
	  .type = STT_TLS,
	  .bind = STB_GLOBAL,
	  .shndx = 2 },
};
static struct lp_section sections[] = {
	{ .name = "" },
	{ .name = ".text",
	  .flags = SHF_ALLOC | SHF_EXECINSTR,
	  .addr = TEXT_ADDR,
	  .size = sizeof(text),
	  .data = text },
	{ .name = ".rodata",
	  .flags = SHF_ALLOC,
	  .addr = DATA_ADDR,
	  .size = sizeof(rodata),
	  .data = rodata },
	{ .name = ".got",
	  .flags = SHF_ALLOC | SHF_WRITE,
	  .addr = SLOT_ADDR,
	  .size = sizeof(got),
	  .data = got },
};
static struct lp_elf exe = {
	.path = "prog",
	.type = ET_DYN,
	.sections = sections,
	.n_sections = LP_ARRAY_SIZE(sections),
	.symbols = symbols,
	.n_symbols = LP_ARRAY_SIZE(symbols),
};

struct fixture {
	struct ep_patch patch;
	struct ep_target *target;
	struct ep_claim claim;
};

static struct ep_target *make_target(void)
{
	struct ep_target *target = lp_new(&arena, struct ep_target);
	struct ep_dyn none = { .name = "" };
	struct ep_dyn dyn = { .name = "puts", .type = STT_FUNC, .is_undefined = true };
	struct ep_dynrel relative = { .addr = SLOT_ADDR + 8,
				      .type = R_X86_64_RELATIVE,
				      .addend = CALLEE_ADDR };

	struct ep_dynrel imported = { .addr = SLOT_ADDR + 24, .type = R_X86_64_GLOB_DAT, .dyn = 2 };
	struct ep_dyn other = { .name = "gets", .type = STT_FUNC, .is_undefined = true };

	dyn.jump_slot = SLOT_ADDR;
	other.jump_slot = SLOT_ADDR + 16;
	target->arena = &arena;
	target->flavour = &ep_flavour_runtime;
	target->elf = target->syms = &exe;
	target->is_pie = true;
	target->tls_size = -TLS_OFFSET;
	ep_index_symbols(target);
	lp_vec_push(&arena, &target->dyns, none);
	lp_vec_push(&arena, &target->dyns, dyn);
	lp_vec_push(&arena, &target->dyns, other);
	lp_map_set_str(&arena, &target->dyn_names, "puts", 1);
	lp_vec_push(&arena, &target->rels, relative);
	lp_vec_push(&arena, &target->rels, imported);
	memcpy(text + PLT_ADDR - TEXT_ADDR, "\xff\x25\x3a\x2f\x00\x00", 6); /* jmp *SLOT_ADDR */
	memcpy(text + PLT_ADDR + 16 - TEXT_ADDR, "\xff\x25\x3a\x2f\x00\x00", 6); /* of gets */
	memcpy(rodata + STRING_ADDR - DATA_ADDR, "hello", 6);
	return target;
}

/*
 * An object with one original function of CODE, and in it one relocation of TYPE at OFF against
 * SYMBOL (NULL: the string "hello" by its section; "f": the function itself by its section).
 */
static struct fixture make(const void *code, u64 size, u64 off, u32 type, const char *symbol,
			   s64 addend)
{
	struct lp_out *out = lp_out_create(&arena);
	u32 sec = lp_out_section(out, LP_SEC_OLD "f", SHT_PROGBITS, SHF_EXECINSTR, 1, 0);
	u32 str = lp_out_section(out, ".rodata.str1.1", SHT_PROGBITS,
				 SHF_ALLOC | SHF_MERGE | SHF_STRINGS, 1, 1);
	struct lp_symbol func = {
		.name = "lp.old!x.o!f", .size = size, .type = STT_FUNC, .shndx = sec
	};
	struct lp_symbol undef = { .name = symbol, .bind = STB_GLOBAL };
	struct fixture fx = { .target = make_target() };
	struct ep_input input = { 0 };
	size_t len;
	u8 *image;

	(void)lp_out_append(out, sec, code, size, 1);
	(void)lp_out_append(out, str, "shift\0hello", 12, 1);
	(void)lp_out_symbol(out, &func);
	lp_out_reloc(out, sec, off, type,
		     type == R_X86_64_NONE  ? 0
		     : !symbol		    ? lp_out_section_symbol(out, str)
		     : !strcmp(symbol, "f") ? lp_out_section_symbol(out, sec)
					    : lp_out_symbol(out, &undef),
		     symbol || type == R_X86_64_NONE ? addend : addend + 6);
	assert_ok(lp_out_bytes(out, &image, &len));
	assert_ok(lp_elf_load_mem(&arena, "x.o", image, len, LP_ELF_RELOCATABLE, &input.elf));
	fx.patch.arena = &arena;
	fx.patch.target = fx.target;
	lp_vec_push(&arena, &fx.patch.inputs, input);
	fx.claim = (struct ep_claim){ 0, sec, 0, size, FUNC_ADDR };
	return fx;
}

/* Is it the function, when the executable has HAVE there? */
static bool matches(struct fixture *fx, const void *have)
{
	const char *why;
	bool same;
	u64 off;

	memcpy(text + FUNC_ADDR - TEXT_ADDR, have, fx->claim.size);
	assert_ok(ep_compare(&fx->patch, &fx->claim, &same, &off, &why));
	return same;
}

/* Matches HAVE, and nothing that differs from it in one bit. */
static void check_exact(struct fixture *fx, const u8 *have)
{
	u8 copy[32];

	assert_true(matches(fx, have));
	memcpy(copy, have, fx->claim.size);
	for (u64 i = 0; i < fx->claim.size * 8; i++) {
		copy[i / 8] ^= (u8)(1 << i % 8);
		assert_false(matches(fx, copy));
		copy[i / 8] ^= (u8)(1 << i % 8);
	}
}

static void test_call(void **state)
{
	static const u8 code[] = { 0x90, 0xe8, 0, 0, 0, 0, 0xc3 };
	/* CALLEE_ADDR - (FUNC_ADDR + 6) */
	static const u8 have[] = { 0x90, 0xe8, 0x3a, 0, 0, 0, 0xc3 };
	struct fixture fx = make(code, sizeof(code), 2, R_X86_64_PLT32, "callee", -4);

	(void)state;
	check_exact(&fx, have);
}

static void test_plt_call(void **state)
{
	static const u8 code[] = { 0xe8, 0, 0, 0, 0, 0xc3 };
	static const u8 have[] = { 0xe8, 0x7b, 0, 0, 0, 0xc3 };
	static const u8 gets[] = { 0xe8, 0x8b, 0, 0, 0, 0xc3 };
	struct fixture fx = make(code, sizeof(code), 1, R_X86_64_PLT32, "puts", -4);

	(void)state;
	check_exact(&fx, have);
	assert_string_equal(ep_plt_name(fx.target, PLT_ADDR + 16), "gets");
	assert_false(matches(&fx, gets));
}

static void test_string(void **state)
{
	static const u8 code[] = { 0x48, 0x8d, 0x3d, 0, 0, 0, 0 };
	/* STRING_ADDR - (FUNC_ADDR + 7) */
	static const u8 have[] = { 0x48, 0x8d, 0x3d, 0xc9, 0x1f, 0, 0 };
	struct fixture fx = make(code, sizeof(code), 3, R_X86_64_PC32, NULL, -4);

	(void)state;
	check_exact(&fx, have);
	rodata[STRING_ADDR - DATA_ADDR] = 'j';
	assert_false(matches(&fx, have));
}

static void test_mask(void **state)
{
	static const u8 code[] = { 0x90, 0xe8, 0, 0, 0, 0, 0xc3 };
	u8 have[] = { 0x90, 0xe8, 1, 2, 3, 4, 0xc3 };
	struct fixture fx = make(code, sizeof(code), 2, R_X86_64_NONE, NULL, 4);

	(void)state;
	assert_true(matches(&fx, have));
	have[1]++;
	assert_false(matches(&fx, have));
	have[1]--;
	have[6]++;
	assert_false(matches(&fx, have));
}

static void test_got(void **state)
{
	static const u8 code[] = { 0x48, 0x8b, 0x05, 0, 0, 0, 0 };
	static const u8 lea[] = { 0x48, 0x8d, 0x05, 0x39, 0, 0, 0 };
	/* SLOT_ADDR + 8 - (FUNC_ADDR + 7): the slot that a RELATIVE relocation fills */
	static const u8 slot[] = { 0x48, 0x8b, 0x05, 0xc1, 0x2f, 0, 0 };
	static const u8 call[] = { 0xff, 0x15, 0, 0, 0, 0, 0xc3 };
	static const u8 direct[] = { 0x67, 0xe8, 0x3a, 0, 0, 0, 0xc3 };
	static const u8 jump[] = { 0xff, 0x25, 0, 0, 0, 0, 0xc3 };
	static const u8 jumped[] = { 0xe9, 0x3b, 0, 0, 0, 0x90, 0xc3 };
	static const u8 own[] = { 0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff };
	static const u8 imported[] = { 0x48, 0x8b, 0x05, 0xd1, 0x2f, 0, 0 };
	struct fixture fx = make(code, sizeof(code), 3, R_X86_64_REX_GOTPCRELX, "callee", -4);

	(void)state;
	check_exact(&fx, lea);
	check_exact(&fx, slot);
	fx = make(call, sizeof(call), 2, R_X86_64_GOTPCRELX, "callee", -4);
	check_exact(&fx, direct);
	fx = make(jump, sizeof(jump), 2, R_X86_64_GOTPCRELX, "callee", -4);
	check_exact(&fx, jumped);
	/* The function's own address, which has no name, where a slot of gets() is. */
	fx = make(code, sizeof(code), 3, R_X86_64_REX_GOTPCRELX, "f", -4);
	check_exact(&fx, own);
	assert_false(matches(&fx, imported));
}

static void test_tls(void **state)
{
	static const u8 code[] = { 0x48, 0x03, 0x05, 0, 0, 0, 0 };
	static const u8 lea[] = { 0x48, 0x8d, 0x80, 0xe0, 0xff, 0xff, 0xff };
	static const u8 add[] = { 0x48, 0x81, 0xc0, 0xe0, 0xff, 0xff, 0xff };
	static const u8 fs[] = { 0x64, 0x8b, 0x04, 0x25, 0, 0, 0, 0 };
	static const u8 constant[] = { 0x64, 0x8b, 0x04, 0x25, 0xe4, 0xff, 0xff, 0xff };
	struct fixture fx = make(code, sizeof(code), 3, R_X86_64_GOTTPOFF, "per_thread", -4);

	(void)state;
	check_exact(&fx, lea);
	check_exact(&fx, add);
	fx = make(fs, sizeof(fs), 4, R_X86_64_TPOFF32, "per_thread", 4);
	check_exact(&fx, constant);
}

static void test_unknown(void **state)
{
	static const u8 code[] = { 0xe8, 0, 0, 0, 0, 0xc3 };
	struct fixture fx = make(code, sizeof(code), 1, R_X86_64_PLT32, "absent_everywhere", -4);
	const char *why = NULL;
	bool same = true;
	u64 off;

	(void)state;
	memcpy(text + FUNC_ADDR - TEXT_ADDR, code, sizeof(code));
	assert_ok(ep_compare(&fx.patch, &fx.claim, &same, &off, &why));
	assert_false(same);
	assert_int_equal(off, 1);
	assert_non_null(strstr(why, "absent_everywhere"));
	fx = make(code, sizeof(code), 1, R_X86_64_TLSGD, "per_thread", -4);
	assert_false(matches(&fx, code));
}

/* A function that would lie behind the end of the executable's code. */
static void test_outside(void **state)
{
	static const u8 code[] = { 0xe8, 0, 0, 0, 0, 0xc3 };
	struct fixture fx = make(code, sizeof(code), 1, R_X86_64_PLT32, "callee", -4);
	const char *why;
	bool same = true;
	u64 off;

	(void)state;
	fx.claim.addr = TEXT_ADDR + sizeof(text) - 3;
	assert_ok(ep_compare(&fx.patch, &fx.claim, &same, &off, &why));
	assert_false(same);
	fx.claim.addr = UINT64_MAX - 2;
	assert_ok(ep_compare(&fx.patch, &fx.claim, &same, &off, &why));
	assert_false(same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_call), TEST(test_plt_call), TEST(test_string),  TEST(test_mask),
		TEST(test_got),	 TEST(test_tls),      TEST(test_unknown), TEST(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
