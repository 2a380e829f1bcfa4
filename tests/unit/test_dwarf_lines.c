/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line table of objects of both compilers, in all forms, whole and damaged. */
#include "lib/dwarf_image.h"
#include "lib/dwarf_lines.h"
#include "lib/file.h"
#include "lib/proc.h"
#include "tests/unit/test.h"

#define MAX_OBJECT ((size_t)1 << 20)

static const char source[] = "#include \"part.h\"\n"   /* 1 */
			     "int take(int x);\n"      /* 2 */
			     "int one(int x)\n"	       /* 3 */
			     "{\n"		       /* 4 */
			     "\treturn take(x) + 1;\n" /* 5 */
			     "}\n"		       /* 6 */
			     "int two(int x)\n"	       /* 7 */
			     "{\n"		       /* 8 */
			     "\ttake(x);\n"	       /* 9 */
			     "\treturn inlined(x);\n"  /* 10 */
			     "}\n";		       /* 11 */
static const char header[] = "int give(int x);\n"
			     "static inline int inlined(int x)\n"
			     "{\n"
			     "\treturn give(x) - 1;\n"
			     "}\n";

struct object {
	u8 *bytes;
	size_t size;
	const struct lp_elf *elf;
};

static struct object compile(const char *compiler, const char *format, const char *packing)
{
	struct object object;
	const char *folder = test_path("");
	const char *const argv[] = { compiler, "-O2",	  "-c",
				     format,   packing,	  "-ffunction-sections",
				     "-o",     "lines.o", "lines.c",
				     NULL };

	assert_ok(lp_file_write(test_path("lines.c"), source, sizeof(source) - 1));
	assert_ok(lp_file_write(test_path("part.h"), header, sizeof(header) - 1));
	assert_ok(lp_proc_run(&arena, &(struct lp_proc){ .argv = argv, .cwd = folder }));
	assert_ok(lp_file_read(&arena, test_path("lines.o"), MAX_OBJECT, &object.bytes,
			       &object.size));
	assert_ok(lp_elf_load_mem(&arena, "lines.o", object.bytes, object.size, LP_ELF_RELOCATABLE,
				  &object.elf));
	return object;
}

/* The line of the instruction with the first relocation against SYMBOL in SECTION. */
static const struct lp_line *line_of_call(const struct lp_elf *elf, const struct lp_lines *lines,
					  const char *section, const char *symbol)
{
	u32 idx = lp_elf_section(elf, section);
	const struct lp_section *sec = &elf->sections[idx];

	for (u32 i = sec->rel_first; i < sec->rel_first + sec->n_rels; i++) {
		if (!strcmp(elf->symbols[elf->rels[i].sym].name, symbol))
			return lp_line_at(lines, idx, elf->rels[i].off);
	}
	fail_msg("no '%s' in %s", symbol, section);
	return NULL;
}

static void assert_line(const struct lp_line *line, const char *file, u32 number)
{
	assert_non_null(line);
	assert_string_equal(line->file, file);
	assert_int_equal(line->line, number);
}

static void check_object(const struct object *object)
{
	const struct lp_elf *elf = object->elf;
	const struct lp_lines *lines;
	u32 one = lp_elf_section(elf, ".text.one"), two = lp_elf_section(elf, ".text.two"), n;

	assert_ok(lp_lines_load(&arena, elf, &lines));
	/* Both begin at 0. */
	assert_line(lp_line_at(lines, one, 0), "lines.c", lp_line_at(lines, one, 0)->line);
	assert_in_range(lp_line_at(lines, one, 0)->line, 3, 5);
	assert_in_range(lp_line_at(lines, two, 0)->line, 7, 9);
	assert_line(line_of_call(elf, lines, ".text.one", "take"), "lines.c", 5);
	assert_line(line_of_call(elf, lines, ".text.two", "take"), "lines.c", 9);
	assert_string_equal(line_of_call(elf, lines, ".text.two", "give")->file +
				    strlen(line_of_call(elf, lines, ".text.two", "give")->file) -
				    strlen("part.h"),
			    "part.h");
	assert_int_equal(line_of_call(elf, lines, ".text.two", "give")->line, 4);
	assert_ptr_equal(line_of_call(elf, lines, ".text.one", "take")->file,
			 line_of_call(elf, lines, ".text.two", "take")->file);
	/* Behind the code, in data, nowhere. */
	assert_null(lp_line_at(lines, one, elf->sections[one].size));
	assert_null(lp_line_at(lines, one, UINT64_MAX));
	assert_null(lp_line_at(lines, lp_elf_section(elf, ".comment"), 0));
	assert_null(lp_line_at(lines, elf->n_sections, 0));
	assert_null(lp_line_at(NULL, one, 0));
	/* Rows are in order, the last one is the end. */
	const struct lp_line *rows = lp_lines_of(lines, one, &n);

	assert_true(n > 2);
	for (u32 i = 1; i < n; i++)
		assert_true(rows[i - 1].off <= rows[i].off);
	assert_null(rows[n - 1].file);
	assert_int_equal(rows[n - 1].off, elf->sections[one].size);
}

static void all_forms_are_read(void **state)
{
	(void)state;
	static const char *const compilers[] = { "gcc", "clang" };
	static const char *const formats[] = { "-gdwarf-5", "-gdwarf-4", "-gdwarf-3" };

	for (size_t i = 0; i < LP_ARRAY_SIZE(compilers) * LP_ARRAY_SIZE(formats); i++) {
		const char *format = formats[i / 2];
		struct object plain = compile(compilers[i % 2], format, "-gz=none");
		struct object packed = compile(compilers[i % 2], format, "-gz=zlib");

		check_object(&plain);
		check_object(&packed);
	}
}

static void no_table_is_no_error(void **state)
{
	(void)state;
	struct object object = compile("gcc", "-g0", "-gz=none");
	const struct lp_lines *lines;

	assert_ok(lp_lines_load(&arena, object.elf, &lines));
	assert_null(lines);
}

/* Each byte of the tables is changed once: whatever comes of it, rows stay inside. */
static void damage_does_no_harm(void **state)
{
	(void)state;
	static const char *const damaged[] = { ".debug_line", ".debug_info", ".debug_abbrev" };
	struct object object = compile("gcc", "-gdwarf-5", "-gz=none");

	for (size_t i = 0; i < LP_ARRAY_SIZE(damaged); i++) {
		u32 idx = lp_elf_section(object.elf, damaged[i]);
		const struct lp_section *sec = &object.elf->sections[idx];
		u8 *bytes = object.bytes + (sec->data - object.elf->image);

		for (u64 off = 0; off < sec->size; off++) {
			struct lp_arena round = { 0 };
			const struct lp_lines *lines;
			u32 n;

			bytes[off] ^= off % 2 ? 0xff : 0x11;
			lp_err_destroy(lp_lines_load(&round, object.elf, &lines));
			for (u32 k = 0; k < object.elf->n_sections; k++) {
				const struct lp_line *rows = lp_lines_of(lines, k, &n);

				for (u32 r = 0; r < n; r++)
					assert_true(rows[r].off <= object.elf->sections[k].size);
			}
			bytes[off] ^= off % 2 ? 0xff : 0x11;
			lp_arena_deinit(&round);
		}
	}
}

static void addresses_do_not_overlap(void **state)
{
	(void)state;
	struct object object = compile("gcc", "-g", "-gz=none");
	const struct lp_elf *elf = object.elf;
	const u64 *bases = lp_dwarf_bases(&arena, elf);
	u64 off;

	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (!(sec->flags & SHF_ALLOC) || !sec->data)
			continue;
		assert_int_equal(lp_dwarf_section_at(elf, bases, bases[i], &off), i);
		assert_int_equal(off, 0);
		assert_int_equal(lp_dwarf_section_at(elf, bases, bases[i] + sec->size, &off), i);
		assert_int_equal(off, sec->size);
		assert_int_equal(lp_dwarf_section_at(elf, bases, bases[i] + sec->size + 1, &off),
				 0);
		assert_int_equal(lp_dwarf_section_at(elf, bases, bases[i] - 1, &off), 0);
	}
	assert_int_equal(lp_dwarf_section_at(elf, bases, 0, &off), 0);
	assert_int_equal(lp_dwarf_section_at(elf, bases, UINT64_MAX, &off), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(all_forms_are_read), TEST(no_table_is_no_error),
					    TEST(damage_does_no_harm),
					    TEST(addresses_do_not_overlap) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
