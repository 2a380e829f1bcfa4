/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/file.h"
#include "lib/proc.h"
#include "tests/unit/elf_build.h"

static void equal_calls_give_equal_bytes(void **state)
{
	(void)state;
	struct sample a = sample_object(), b = sample_object();

	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.bytes, b.bytes, a.len);
}

static void local_symbols_come_first(void **state)
{
	(void)state;
	struct sample sample = sample_object();
	const struct lp_elf *elf;
	static const char *const order[] = { "", "a.c", "f", ".rodata.str1.1", "g", "ext", "b" };

	assert_ok(load_sample(&sample, &elf));
	assert_int_equal(elf->n_symbols, LP_ARRAY_SIZE(order));
	for (u32 i = 0; i < elf->n_symbols; i++)
		assert_string_equal(elf->symbols[i].name, order[i]);
	assert_int_equal(sample_header(&sample, ".symtab")->sh_info, 4);
}

static void appending_keeps_what_was_there(void **state)
{
	(void)state;
	struct lp_out *out = lp_out_create(&arena);
	u32 sec = lp_out_section(out, ".data", SHT_PROGBITS, SHF_ALLOC, 1, 0);
	u64 size;

	assert_int_equal(lp_out_append(out, sec, "abc", 3, 1), 0);
	assert_int_equal(lp_out_append(out, sec, "defg", 4, 8), 8);
	for (u32 i = 0; i < 1000; i++)
		lp_out_append(out, sec, "0123456789", 10, 1);
	u8 *data = lp_out_data(out, sec, &size);

	assert_int_equal(size, 12 + 10000);
	assert_memory_equal(data, "abc\0\0\0\0\0defg0123", 16);
	data[0] = 'A';
	struct sample sample;
	const struct lp_elf *elf;

	assert_ok(lp_out_bytes(out, &sample.bytes, &sample.len));
	assert_ok(load_sample(&sample, &elf));
	const struct lp_section *got = &elf->sections[lp_elf_section(elf, ".data")];

	assert_int_equal(got->align, 8);
	assert_int_equal(got->data[0], 'A');
	assert_int_equal((u64)(got->data - elf->image) % 8, 0);
}

static void special_places_survive(void **state)
{
	(void)state;
	struct lp_out *out = lp_out_create(&arena);
	struct sample sample;
	const struct lp_elf *elf;

	lp_out_symbol(out, &(struct lp_symbol){ .name = "absolute",
						.value = 0x1234,
						.bind = STB_GLOBAL,
						.shndx = LP_SHN_ABS });
	lp_out_symbol(out, &(struct lp_symbol){ .name = "common",
						.value = 8,
						.size = 64,
						.type = STT_OBJECT,
						.bind = STB_GLOBAL,
						.vis = STV_HIDDEN,
						.shndx = LP_SHN_COMMON });
	assert_ok(lp_out_bytes(out, &sample.bytes, &sample.len));
	assert_ok(load_sample(&sample, &elf));
	assert_int_equal(elf->symbols[1].shndx, LP_SHN_ABS);
	assert_int_equal(elf->symbols[1].value, 0x1234);
	assert_int_equal(elf->symbols[2].shndx, LP_SHN_COMMON);
	assert_int_equal(elf->symbols[2].vis, STV_HIDDEN);
	assert_int_equal(elf->symbols[2].size, 64);
}

static void more_sections_than_16_bits_can_count(void **state)
{
	(void)state;
	struct lp_out *out = lp_out_create(&arena);
	const u32 n = 0x10010;
	struct sample sample;
	const struct lp_elf *elf;

	for (u32 i = 1; i <= n; i++) {
		u32 sec = lp_out_section(out, ".data.x", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 1, 0);

		lp_out_append(out, sec, &i, sizeof(i), 4);
		lp_out_symbol(out, &(struct lp_symbol){ .name = lp_printf(&arena, "x%u", i),
							.size = 4,
							.type = STT_OBJECT,
							.shndx = sec });
	}
	lp_out_reloc(out, n, 0, R_X86_64_32, lp_out_section_symbol(out, n - 1), 0);
	assert_ok(lp_out_bytes(out, &sample.bytes, &sample.len));
	assert_ok(load_sample(&sample, &elf));
	assert_true(elf->n_sections > n);
	assert_int_equal(elf->sections[n].n_rels, 1);
	u32 last = elf->by_section[elf->sections[n].sym_first];

	assert_string_equal(elf->symbols[last].name, lp_printf(&arena, "x%u", n));
	assert_int_equal(elf->symbols[last].shndx, n);
	assert_int_equal(elf->sections[n - 1].secsym, elf->rels[elf->sections[n].rel_first].sym);
}

/* Runs a program on the object at PATH; any output, like any status, is a complaint. */
static void tool_is_content(const char *const *argv)
{
	const char *log = test_path("log");
	struct lp_proc proc = { .argv = argv, .log = log };
	u8 *text;
	size_t len;
	int status;

	remove(log);
	assert_ok(lp_proc_status(&arena, &proc, &status));
	assert_ok(lp_file_read(&arena, log, 1 << 20, &text, &len));
	if (status || strstr((char *)text, "arning") || strstr((char *)text, "rror"))
		fail_msg("%s: status %d: %s", argv[0], status, text);
}

static void other_tools_have_no_complaint(void **state)
{
	(void)state;
	struct sample sample = sample_object();
	const char *path = test_path("sample.o"), *merged = test_path("merged.o");

	assert_ok(lp_file_write(path, sample.bytes, sample.len));
	tool_is_content((const char *[]){ "eu-elflint", "--gnu-ld", "-q", path, NULL });
	tool_is_content((const char *[]){ "readelf", "-aW", path, NULL });
	tool_is_content((const char *[]){ "ld", "-r", path, "-o", merged, NULL });
	tool_is_content((const char *[]){ "eu-elflint", "--gnu-ld", "-q", merged, NULL });
	tool_is_content((const char *[]){ "ld.lld", "-r", path, "-o", merged, NULL });
	const struct lp_elf *elf;

	assert_ok(lp_elf_load(&arena, merged, LP_ELF_RELOCATABLE, &elf));
}

static void a_file_is_written_whole(void **state)
{
	(void)state;
	struct lp_out *out = lp_out_create(&arena);
	const char *path = test_path("empty.o");
	const struct lp_elf *elf;

	assert_ok(lp_out_write(out, path));
	assert_ok(lp_elf_load(&arena, path, LP_ELF_RELOCATABLE, &elf));
	assert_int_equal(elf->n_symbols, 1);
	assert_err(lp_out_write(out, "/nonexistent/x.o"), LP_FAILED, "/nonexistent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_calls_give_equal_bytes),
		TEST(local_symbols_come_first),
		TEST(appending_keeps_what_was_there),
		TEST(special_places_survive),
		TEST(more_sections_than_16_bits_can_count),
		TEST(other_tools_have_no_complaint),
		TEST(a_file_is_written_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
