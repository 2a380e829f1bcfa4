/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index of the executable: globals, blocks of source files, PLT entries, TLS offsets. */
#include "test.h"

#include "extract-patch/target.h"

/*
 * Two files core.c, a global that a file defines, one that the linker hid (behind the FILE
 * symbol without a name), and the same local name three times.
 */
static struct lp_symbol symbols[] = {
	{ .name = "" },
	{ .name = "core.c", .type = STT_FILE, .shndx = LP_SHN_ABS },
	{ .name = "init", .value = 0x100, .size = 8, .type = STT_FUNC, .shndx = 1, .file = 1 },
	{ .name = "count.0", .value = 0x800, .size = 4, .type = STT_OBJECT, .shndx = 2, .file = 1 },
	{ .name = "core.c", .type = STT_FILE, .shndx = LP_SHN_ABS },
	{ .name = "init", .value = 0x110, .size = 16, .type = STT_FUNC, .shndx = 1, .file = 4 },
	{ .name = "walk", .value = 0x120, .size = 3, .type = STT_FUNC, .shndx = 1, .file = 4 },
	{ .name = "other.c", .type = STT_FILE, .shndx = LP_SHN_ABS },
	{ .name = "init", .value = 0x130, .size = 8, .type = STT_FUNC, .shndx = 1, .file = 7 },
	{ .name = "", .type = STT_FILE, .shndx = LP_SHN_ABS },
	{ .name = "hidden", .value = 0x138, .size = 8, .type = STT_FUNC, .shndx = 1, .file = 9 },
	{ .name = "run",
	  .value = 0x140,
	  .size = 8,
	  .type = STT_FUNC,
	  .bind = STB_GLOBAL,
	  .shndx = 1 },
	{ .name = "init", .value = 0x148, .type = STT_FUNC, .bind = STB_GLOBAL },
	{ .name = "per_thread",
	  .value = 0x10,
	  .size = 8,
	  .type = STT_TLS,
	  .bind = STB_GLOBAL,
	  .shndx = 3 },
};

static u8 text[0x80];
static struct lp_section sections[] = {
	{ .name = "" },
	{ .name = ".text",
	  .type = SHT_PROGBITS,
	  .flags = SHF_ALLOC | SHF_EXECINSTR,
	  .addr = 0x100,
	  .size = sizeof(text),
	  .data = text },
};
static struct lp_elf elf = {
	.path = "prog",
	.type = ET_DYN,
	.sections = sections,
	.n_sections = 2,
	.symbols = symbols,
	.n_symbols = LP_ARRAY_SIZE(symbols),
};

static struct ep_target *make_target(void)
{
	struct ep_target *target = lp_new(&arena, struct ep_target);

	target->arena = &arena;
	target->elf = target->syms = &elf;
	target->is_pie = true;
	ep_index_symbols(target);
	return target;
}

static struct lp_info info_of(const char *source, const char *const *locals)
{
	struct lp_info info = { .object = "lib.p/core.c.o", .source = source };

	for (; *locals; locals++) {
		struct lp_info_symbol sym = { .kind = **locals,
					      .is_local = true,
					      .name = *locals + 1 };

		lp_vec_push(&arena, &info.symbols, sym);
	}
	return info;
}

static void test_global(void **state)
{
	struct ep_target *target = make_target();
	struct ep_match match;

	(void)state;
	assert_ok(ep_find_global(target, "run", &match));
	assert_int_equal(match.sym, 11);
	assert_string_equal(ep_match_text(&arena, &match), "unique");
	assert_ok(ep_find_global(target, "hidden", &match));
	assert_int_equal(match.sym, 10);
	/* Locals of that name, and a global that is undefined. */
	assert_ok(ep_find_global(target, "init", &match));
	assert_int_equal(match.sym, 0);
	assert_ok(ep_find_global(target, "nowhere", &match));
	assert_int_equal(match.sym, 0);
}

static void test_global_twice(void **state)
{
	struct lp_symbol saved = symbols[11];
	struct ep_target *target;
	struct ep_match match;

	(void)state;
	symbols[11].name = "hidden";
	symbols[11].bind = STB_LOCAL;
	symbols[11].file = 9;
	target = make_target();
	assert_err(ep_find_global(target, "hidden", &match), LP_REFUSED, "0x138 and 0x140");
	symbols[11].bind = STB_GLOBAL; /* beats what became local */
	target = make_target();
	assert_ok(ep_find_global(target, "hidden", &match));
	assert_int_equal(match.sym, 11);
	symbols[11] = saved;
}

static void test_block(void **state)
{
	static const char *const first[] = { "finit", "ocount.0", NULL };
	static const char *const second[] = { "fwalk", "o.L.str", "finit", NULL };
	static const char *const third[] = { "finit", NULL };
	struct ep_target *target = make_target();
	struct lp_info info = info_of("core.c", first);
	struct ep_match match;
	struct ep_block block;

	(void)state;
	assert_ok(ep_find_block(target, &info, true, &block));
	assert_int_equal(block.file, 1);
	info = info_of("core.c", second);
	assert_ok(ep_find_block(target, &info, true, &block));
	assert_int_equal(block.file, 4);
	assert_ok(ep_find_local(target, block, "init", &match));
	assert_int_equal(match.sym, 5);
	assert_string_equal(ep_match_text(&arena, &match), "by-file, 2 of 3");
	assert_ok(ep_find_local(target, block, "count.0", &match));
	assert_int_equal(match.sym, 0);

	info = info_of("core.c", third);
	assert_err(ep_find_block(target, &info, true, &block), LP_TARGET,
		   "first difference: 'count.0'");
	info = info_of("none.c", first);
	assert_err(ep_find_block(target, &info, true, &block), LP_TARGET,
		   "no source file of that name");
}

static void test_block_of_patched(void **state)
{
	static const char *const patched[] = { "finit", "fwalk", "fnew", NULL };
	static const char *const either[] = { "finit", NULL };
	struct ep_target *target = make_target();
	struct lp_info info = info_of("core.c", patched);
	struct ep_block block;

	(void)state;
	assert_ok(ep_find_block(target, &info, false, &block));
	assert_int_equal(block.file, 4);
	info = info_of("core.c", either);
	assert_err(ep_find_block(target, &info, false, &block), LP_REFUSED, "2 blocks of 'core.c'");
}

/* `ld -r` of two core.c: the two blocks are one, and a local of both goes by its position. */
static void test_merged_block(void **state)
{
	static const char *const locals[] = { "finit", "ocount.0", "finit", "fwalk", NULL };
	static const u64 sizes[] = { 8, 4, 16, 3 };
	struct ep_target *target = make_target();
	struct lp_info info = info_of("core.c", locals);
	struct ep_match match;
	struct ep_block block;

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(sizes); i++)
		info.symbols.items[i].size = sizes[i];
	assert_err(ep_find_block(target, &info, true, &block), LP_TARGET, "same local symbols");
	lp_vec_push(&arena, &info.more_sources, "core.c");
	assert_ok(ep_find_block(target, &info, true, &block));
	assert_int_equal(block.file, 1);
	assert_int_equal(block.end, 7);
	assert_err(ep_find_local(target, block, "init", &match), LP_REFUSED, "ambiguous");
	assert_ok(ep_find_kth_local(target, block, &info, "init", 1, &match));
	assert_int_equal(match.sym, 2);
	assert_ok(ep_find_kth_local(target, block, &info, "init", 2, &match));
	assert_int_equal(match.sym, 5);
	assert_string_equal(ep_match_text(&arena, &match), "position, 2 of 2");
	assert_err(ep_find_kth_local(target, block, &info, "init", 3, &match), LP_REFUSED,
		   "number 3 of 2");

	info.symbols.items[2].size = 15;
	assert_err(ep_find_kth_local(target, block, &info, "init", 2, &match), LP_TARGET,
		   "number 2 of 2 in object 'lib.p/core.c.o', has 15 bytes there, 16 in 'prog'");
	info.symbols.items[3].name = "init";
	assert_err(ep_find_kth_local(target, block, &info, "init", 2, &match), LP_REFUSED,
		   "number 2 of 3 in object 'lib.p/core.c.o', is ambiguous: 'core.c' of 'prog' "
		   "has 2");
	info.more_sources.items[0] = "none.c";
	assert_err(ep_find_block(target, &info, true, &block), LP_TARGET,
		   "no source file of that name");
}

static void test_room(void **state)
{
	struct ep_target *target = make_target();

	(void)state;
	assert_int_equal(ep_room_at(target, 0x120, 3), 0x10);
	assert_int_equal(ep_room_at(target, 0x140, 8), 0x40);
	assert_int_equal(ep_target_room(target, 0x100), sizeof(text));
	assert_int_equal(ep_target_room(target, 0x180), 0);
	assert_non_null(ep_target_bytes(target, 0x170, 0x10));
	assert_null(ep_target_bytes(target, 0x170, 0x11));
	assert_null(ep_target_bytes(target, 0x170, UINT64_MAX));
}

static void test_plt(void **state)
{
	static const u8 plain[] = { 0xff, 0x25, 0xfa, 0x0f, 0, 0 }; /* at 0x100 */
	static const u8 cet[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 0xed, 0x0f, 0, 0 };
	struct ep_target *target = make_target();
	struct ep_dyn none = { .name = "" }, dyn = { .name = "puts", .jump_slot = 0x1100 };

	(void)state;
	lp_vec_push(&arena, &target->dyns, none);
	lp_vec_push(&arena, &target->dyns, dyn);
	memcpy(text, plain, sizeof(plain));
	memcpy(text + 8, cet, sizeof(cet));
	assert_string_equal(ep_plt_name(target, 0x100), "puts");
	assert_string_equal(ep_plt_name(target, 0x108), "puts");
	assert_null(ep_plt_name(target, 0x110));
	assert_null(ep_plt_name(target, 0x17c));
	assert_null(ep_plt_name(target, 0x4000));
	memset(text, 0, sizeof(text));
}

static void test_tls(void **state)
{
	struct ep_target *target = make_target();

	(void)state;
	target->tls_size = 0x260;
	assert_int_equal(ep_tls_offset(target, &symbols[13]), -0x250);
}

static void test_dynrel(void **state)
{
	struct ep_target *target = make_target();
	struct ep_dynrel rel = { .addr = 0x104, .type = R_X86_64_RELATIVE };

	(void)state;
	lp_vec_push(&arena, &target->rels, rel);
	assert_non_null(ep_dynrel_at(target, 0x104));
	assert_null(ep_dynrel_at(target, 0x100));
	assert_non_null(ep_dynrel_in(target, 0x100, 5));
	assert_non_null(ep_dynrel_in(target, 0x10b, 1));
	assert_null(ep_dynrel_in(target, 0x100, 4));
	assert_null(ep_dynrel_in(target, 0x10c, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_global),	 TEST(test_global_twice),
		TEST(test_block),	 TEST(test_block_of_patched),
		TEST(test_merged_block), TEST(test_room),
		TEST(test_plt),		 TEST(test_tls),
		TEST(test_dynrel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
