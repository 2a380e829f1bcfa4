/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loader against payloads that are wrong in one thing each; nothing is written to text here. */
#include "runtime/load.h"
#include "tests/unit/rt_load.h"

static void good_payload_loads(void **state)
{
	struct rt_spec spec = good();

	(void)state;
	assert_spec(spec, SB_OK, "");
	spec.import = "memcpy";
	assert_spec(spec, SB_OK, "");
	spec.import = "memcpy@GLIBC_2.14";
	assert_spec(spec, SB_OK, "");
	spec.import = "memcpy@GLIBC_9.9";
	assert_spec(spec, SB_REFUSED, "'memcpy@GLIBC_9.9' is in no library of this process");
	spec.import = NULL;
	spec.depends = exe.build_id;
	spec.depends_len = exe.build_id_len;
	assert_spec(spec, SB_OK, "");
}

/* glibc ends the program that asks for a version with the hash 0 of a symbol that has none. */
static void version_without_hash(void **state)
{
	struct rt_spec spec = good();

	(void)state;
	spec.import = "_cmocka_run_group_tests";
	assert_spec(spec, SB_OK, "");
	spec.import = "_cmocka_run_group_tests@";
	assert_spec(spec, SB_REFUSED, "is in no library of this process");
	spec.import = "_cmocka_run_group_tests@-,8xx|p";
	assert_spec(spec, SB_REFUSED, "is in no library of this process");
}

static void placed_and_relocated(void **state)
{
	struct rt_spec spec = good();
	struct sb_load ctx = { &exe, &patches, &others, areas };
	struct sb_arena scratch = { 0 };
	struct sb_payload payload;
	struct sb_images images;
	struct sb_patch *patch;
	struct sb_error err;
	size_t len;
	u8 *file;
	s32 rel;

	(void)state;
	spec.import = "memcpy";
	file = rt_payload(&exe, &spec, &len);
	assert_true(sb_parse(&scratch, file, len, &payload, &err));
	assert_true(sb_load(&ctx, &payload, &scratch, &patch, &images, &err));
	assert_string_equal(patch->name, "p");
	assert_int_equal(patch->n_funcs, 1);
	assert_string_equal(patch->funcs[0].name, "rt_old_1");
	assert_int_equal(patch->funcs[0].old_addr, (uintptr_t)rt_old_1);
	assert_int_equal(patch->funcs[0].site, (uintptr_t)rt_old_1);
	assert_memory_equal(images.bytes[SB_TEXT], "\xb8\x0b\0\0\0\xc3", 6);
	assert_int_equal(patch->funcs[0].jump[0], 0xe9);
	memcpy(&rel, patch->funcs[0].jump + 1, 4);
	assert_int_equal((uintptr_t)rt_old_1 + 5 + (u64)rel,
			 sb_span_addr(&areas[SB_TEXT], &patch->spans[SB_TEXT]));
	assert_int_equal(patch->spans[SB_DATA].used, 112);
	assert_int_equal(*(u64 *)(images.bytes[SB_DATA] + 104), (uintptr_t)memcpy);
	sb_patch_destroy(patch, areas);
	sb_arena_deinit(&scratch);
}

static void wrong_target_has_its_own_status(void **state)
{
	struct rt_spec spec = good();
	static const u8 other[] = { 1, 2, 3, 4 };

	(void)state;
	spec.target = other;
	spec.target_len = sizeof(other);
	assert_spec(spec, SB_TARGET, "01020304");
}

/* That of a patch is looked for when the payload is applied (test_states.c). */
static void dependency_must_be_one(void **state)
{
	struct rt_spec spec = good();
	static const u8 other[LIVEPATCH_BUILD_ID_LEN] = { 0xaa };

	(void)state;
	spec.depends = other;
	spec.depends_len = sizeof(other);
	assert_spec(spec, SB_OK, "");
	spec.depends_len--;
	assert_spec(spec, SB_REFUSED, "which is no patch's build-id, nor this executable's");
}

static void functions_are_checked(void **state)
{
	struct rt_spec spec = good();

	(void)state;
	spec.funcs[0].version = 1;
	assert_spec(spec, SB_REFUSED, "has version 1");
	spec = good();
	spec.funcs[0].old_size = 4;
	spec.funcs[0].expect_flags = 1 | 4 << 1;
	assert_spec(spec, SB_REFUSED, "no usable expected bytes");
	spec.funcs[0].expect_flags = 1 | 10 << 1; /* beyond the function and the jump */
	assert_spec(spec, SB_REFUSED, "no usable expected bytes");
	spec = good();
	spec.funcs[0].expect_flags = 0;
	assert_spec(spec, SB_REFUSED, "no usable expected bytes");
	spec.funcs[0].expect_flags = 0xc0 | 1 | 9 << 1;
	assert_spec(spec, SB_REFUSED, "no usable expected bytes");
	spec = good();
	spec.funcs[0].expect[8] ^= 1;
	assert_spec(spec, SB_TARGET, "does not start with the bytes");
	spec = good();
	spec.funcs[0].old = (int (*)(void))(uintptr_t)0x1000;
	assert_spec(spec, SB_REFUSED, "not in the text of this program");
	spec.funcs[0].old = (int (*)(void))(uintptr_t)memcpy; /* of libc */
	assert_spec(spec, SB_REFUSED, "not in the text of this program");
	spec.funcs[0].old = (int (*)(void))(uintptr_t)areas[SB_TEXT].base;
	assert_spec(spec, SB_REFUSED, "in the sandbox itself");
	spec.funcs[0].old = (int (*)(void))(uintptr_t)sb_exchange_quiet;
	assert_spec(spec, SB_REFUSED, "code of the runtime");
	spec = good();
	spec.funcs[0].old_size = 1u << 30;
	assert_spec(spec, SB_REFUSED, "not in the text of this program");
}

static void endbr64_is_kept(void **state)
{
	struct rt_spec spec = good();

	(void)state;
	spec.funcs[0] = rt_func("rt_old_e", rt_old_e, 5);
	assert_spec(spec, SB_OK, "");
	spec.funcs[0].old_size = 8;
	spec.funcs[0].expect_flags = 1 | 8 << 1;
	assert_spec(spec, SB_REFUSED, "no usable expected bytes");
	/* The jump reaches into the padding, which the payload knows. */
	spec.funcs[0].expect_flags = 1 | 9 << 1;
	assert_spec(spec, SB_OK, "");
}

static void overlaps_are_refused(void **state)
{
	struct rt_spec spec = good();

	(void)state;
	spec.funcs[1] = rt_func("rt_old_2", rt_old_2, 5);
	spec.n = 2;
	assert_spec(spec, SB_OK, "");
	spec.funcs[1] = spec.funcs[0];
	assert_spec(spec, SB_REFUSED, "replace the same bytes");
	spec.funcs[1] = rt_func("rt_old_2", rt_old_2, 5);
	spec.funcs[0].old_size = RT_OLD_SIZE + 1;
	assert_spec(spec, SB_REFUSED, "replace the same bytes");
	spec.n = 0;
	assert_spec(spec, SB_REFUSED, "has 0 bytes");
}

/* N times the same range. */
static struct rt_spec with_ranges(u64 addr, u64 size, size_t n)
{
	struct rt_spec spec = good();
	struct rt_range *ranges = lp_new_array(&arena, n, struct rt_range);

	for (size_t i = 0; i < n; i++)
		ranges[i] = (struct rt_range){ "rt_old_1.cold", addr, size };
	spec.ranges = ranges;
	spec.n_ranges = n;
	return spec;
}

static void ranges_are_kept(void **state)
{
	struct rt_spec spec = with_ranges((uintptr_t)rt_old_2, RT_OLD_SIZE, 2);
	struct sb_load ctx = { &exe, &patches, &others, areas };
	struct sb_arena scratch = { 0 };
	struct sb_payload payload;
	struct sb_images images;
	struct sb_patch *patch;
	struct sb_error err;
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);

	(void)state;
	assert_true(sb_parse(&scratch, file, len, &payload, &err));
	assert_true(sb_load(&ctx, &payload, &scratch, &patch, &images, &err));
	assert_int_equal(patch->n_ranges, 2);
	assert_string_equal(patch->ranges[1].name, "rt_old_1.cold");
	assert_int_equal(patch->ranges[1].addr, (uintptr_t)rt_old_2);
	assert_int_equal(patch->ranges[1].size, RT_OLD_SIZE);
	/* Another patch may not replace what lies in it, unless it stacks on this one. */
	sb_patches_push(&patches, patch);
	assert_true(sb_patches_covering(&patches, (uintptr_t)rt_old_2 + 31, 1) == patch);
	assert_null(sb_patches_covering(&patches, (uintptr_t)rt_old_2 + RT_OLD_SIZE, 1));
	sb_patches_unlink(&patches, patch);
	sb_patch_destroy(patch, areas);
	sb_arena_deinit(&scratch);
}

static void ranges_are_checked(void **state)
{
	const u64 here = (uintptr_t)rt_old_2, area = (uintptr_t)areas[SB_TEXT].base;
	const struct {
		u64 addr, size;
		const char *part;
	} cases[] = {
		{ here, 0, "'rt_old_1.cold' is not in the text of this program" },
		{ here, UINT64_MAX, "not in the text of this program" },
		{ here, -here, "not in the text of this program" },
		{ here, 1u << 30, "not in the text of this program" },
		{ UINT64_MAX, 2, "not in the text of this program" },
		{ 0x1000, 16, "not in the text of this program" },
		{ (uintptr_t)memcpy, 16, "not in the text of this program" },
		{ (uintptr_t)&exe, 16, "not in the text of this program" },
		{ area, 16, "in the sandbox itself" },
		{ area - 8, 16, "in the sandbox itself" },
		{ (uintptr_t)sb_exchange_quiet, 16, "code of the runtime" },
		{ (uintptr_t)sb_areas_init, 16, "code of the runtime" },
	};

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(cases); i++) {
		struct rt_spec spec = with_ranges(cases[i].addr, cases[i].size, 1);

		assert_spec(spec, SB_REFUSED, cases[i].part);
	}
}

static void list_of_ranges_is_checked(void **state)
{
	struct rt_spec spec = with_ranges((uintptr_t)rt_old_2, RT_OLD_SIZE, 1);
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);
	Elf64_Shdr *sh = rt_shdr(file, LIVEPATCH_SEC_RANGES), saved = *sh;
	Elf64_Rela *rela =
		(Elf64_Rela *)(file + rt_shdr(file, ".rela.livepatch.ranges")->sh_offset);

	(void)state;
	sh->sh_size--;
	assert_load(file, len, SB_REFUSED, "'.livepatch.ranges' has 23 bytes");
	*sh = saved;
	sh->sh_type = SHT_NOTE;
	assert_load(file, len, SB_REFUSED, "no usable '.livepatch.ranges'");
	*sh = saved;
	rela[0].r_addend = 1 << 20;
	assert_load(file, len, SB_REFUSED, "range 0 of the payload has no name");
	rela[0].r_offset = sizeof(struct livepatch_range) - 7;
	assert_load(file, len, SB_REFUSED, "does not fit");
	spec = with_ranges((uintptr_t)rt_old_2, RT_OLD_SIZE, LIVEPATCH_MAX_RANGES);
	assert_spec(spec, SB_OK, "");
	spec = with_ranges((uintptr_t)rt_old_2, RT_OLD_SIZE, LIVEPATCH_MAX_RANGES + 1);
	assert_spec(spec, SB_REFUSED, "'.livepatch.ranges' has 98328 bytes");
}

static void unknown_import_is_named(void **state)
{
	struct rt_spec spec = good();

	(void)state;
	spec.import = "no_such_function_anywhere";
	assert_spec(spec, SB_REFUSED, "'no_such_function_anywhere' is in no library");
}

static void too_large_says_how_much_is_free(void **state)
{
	struct rt_spec spec = good();

	(void)state;
	spec.bss = (2u << 20);
	assert_spec(spec, SB_FAILED, "no room in the data area: 2097152 bytes needed, 1048576 of");
}

static void names_are_bounded(void **state)
{
	struct rt_spec spec = good();
	char name[200];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[199] = '\0';
	spec.name = name;
	assert_spec(spec, SB_REFUSED, "longer than 127");
	spec.name = "";
	assert_spec(spec, SB_REFUSED, "no name");
	spec.name = "a b";
	assert_spec(spec, SB_REFUSED, "can't have");
}

static void file_header_is_checked(void **state)
{
	struct rt_spec spec = good();
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);
	Elf64_Ehdr *eh = (Elf64_Ehdr *)file, saved = *eh;

	(void)state;
	for (size_t n = 0; n < len; n += 13)
		assert_load(file, n, SB_REFUSED, "");
	eh->e_type = ET_EXEC;
	assert_load(file, len, SB_REFUSED, "type 2, not relocatable");
	*eh = saved;
	eh->e_machine = EM_386;
	assert_load(file, len, SB_REFUSED, "not ELF64 for x86-64");
	*eh = saved;
	eh->e_shoff = UINT64_MAX - 10;
	assert_load(file, len, SB_REFUSED, "outside the payload");
	*eh = saved;
	eh->e_shstrndx = eh->e_shnum;
	assert_load(file, len, SB_REFUSED, "impossible ELF header");
	*eh = saved;
	eh->e_ident[0] = 0;
	assert_load(file, len, SB_REFUSED, "not an ELF file");
}

static void sections_are_checked(void **state)
{
	struct rt_spec spec = good();
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);
	Elf64_Shdr *sh = rt_shdr(file, ".text.rt_old_1"), saved = *sh;

	(void)state;
	sh->sh_offset = len;
	assert_load(file, len, SB_REFUSED, "outside the payload");
	*sh = saved;
	sh->sh_addralign = 3;
	assert_load(file, len, SB_REFUSED, "alignment 0x3");
	sh->sh_addralign = 8192;
	assert_load(file, len, SB_REFUSED, "alignment 0x2000");
	*sh = saved;
	sh->sh_flags |= SHF_WRITE;
	assert_load(file, len, SB_REFUSED, "writable and executable");
	*sh = saved;
	sh->sh_flags |= SHF_TLS;
	assert_load(file, len, SB_REFUSED, "has flags");
	*sh = saved;
	sh->sh_type = SHT_INIT_ARRAY;
	assert_load(file, len, SB_REFUSED, "has type 0xe");
	*sh = saved;
	sh->sh_flags &= ~(u64)SHF_ALLOC;
	assert_load(file, len, SB_REFUSED, "not loaded");
}

static void unknown_hooks_are_not_ignored(void **state)
{
	struct lp_out *out = lp_out_create(&arena);
	size_t len;
	u8 *file;

	(void)state;
	lp_out_section(out, ".livepatch.hooks.apply", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, 0);
	assert_ok(lp_out_bytes(out, &file, &len));
	assert_load(file, len, SB_REFUSED, "'.livepatch.hooks.apply' is not supported");
}

static void relocations_are_checked(void **state)
{
	struct rt_spec spec = good();
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);
	Elf64_Shdr *sh = rt_shdr(file, ".rela.livepatch.funcs");
	Elf64_Rela *rela = (Elf64_Rela *)(file + sh->sh_offset), saved = *rela;

	(void)state;
	rela->r_offset = UINT64_MAX - 2;
	assert_load(file, len, SB_REFUSED, "does not fit");
	rela->r_offset = sizeof(struct livepatch_func) - 7;
	assert_load(file, len, SB_REFUSED, "does not fit");
	*rela = saved;
	rela->r_info = ELF64_R_INFO(9999, R_X86_64_64);
	assert_load(file, len, SB_REFUSED, "names symbol 9999");
	rela->r_info = ELF64_R_INFO(ELF64_R_SYM(saved.r_info), R_X86_64_PC32);
	assert_load(file, len, SB_REFUSED, "does not fit");
	rela->r_info = ELF64_R_INFO(ELF64_R_SYM(saved.r_info), R_X86_64_GOTPCREL);
	assert_load(file, len, SB_REFUSED, "does not fit");
	*rela = saved;
	rela->r_addend = 1 << 20; /* the name, far behind its section */
	assert_load(file, len, SB_REFUSED, "has no name");
	*rela = saved;
	rela[1].r_addend = -1; /* the new function */
	assert_load(file, len, SB_REFUSED, "not in the text of the payload");
}

/* A library is further away than 32 bits reach. */
static void overflow_is_refused(void **state)
{
	struct rt_spec spec = good();
	size_t len;

	(void)state;
	spec.import = "memcpy";

	u8 *file = rt_payload(&exe, &spec, &len);
	Elf64_Rela *rela = (Elf64_Rela *)(file + rt_shdr(file, ".rela.data.import")->sh_offset);

	rela->r_info = ELF64_R_INFO(ELF64_R_SYM(rela->r_info), R_X86_64_PC32);
	assert_load(file, len, SB_REFUSED, "relocation type 2 to 'memcpy' does not fit");
	rela->r_info = ELF64_R_INFO(ELF64_R_SYM(rela->r_info), R_X86_64_PC64);
	assert_load(file, len, SB_OK, "");
}

static void no_byte_is_trusted(void **state)
{
	struct rt_spec spec;
	size_t len;
	u8 *file;

	(void)state;
	spec = with_ranges((uintptr_t)rt_old_2, RT_OLD_SIZE, 1);
	spec.import = "memcpy";
	file = rt_payload(&exe, &spec, &len);
	assert_no_byte_is_trusted(file, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_payload_loads),
		TEST(version_without_hash),
		TEST(placed_and_relocated),
		TEST(wrong_target_has_its_own_status),
		TEST(dependency_must_be_one),
		TEST(functions_are_checked),
		TEST(endbr64_is_kept),
		TEST(overlaps_are_refused),
		TEST(ranges_are_kept),
		TEST(ranges_are_checked),
		TEST(list_of_ranges_is_checked),
		TEST(unknown_import_is_named),
		TEST(too_large_says_how_much_is_free),
		TEST(names_are_bounded),
		TEST(file_header_is_checked),
		TEST(sections_are_checked),
		TEST(unknown_hooks_are_not_ignored),
		TEST(relocations_are_checked),
		TEST(overflow_is_refused),
		TEST(no_byte_is_trusted),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
