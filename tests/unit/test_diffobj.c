/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/diffobj.h"
#include "tests/unit/test.h"

static void marks_go_there_and_back(void **state)
{
	(void)state;
	for (u32 mark = LP_MARK_REF; mark <= LP_MARK_TABLE; mark++) {
		const char *object, *name;
		char *text = lp_mark_name(&arena, mark, "libx.fa.p/ui_vnc.c.o", "f.part.0");

		assert_int_equal(lp_mark_parse(&arena, text, &object, &name), mark);
		assert_string_equal(object, "libx.fa.p/ui_vnc.c.o");
		assert_string_equal(name, "f.part.0");
	}
	assert_string_equal(lp_mark_name(&arena, LP_MARK_NEW, "o", "n"), "lp.new!o!n");
}

static void other_names_are_ordinary(void **state)
{
	(void)state;
	static const char *const names[] = {
		"main",	     "",	  "lp.ref",	"lp.ref!", "lp.ref!x",
		"lp.ref!x!", "lp.ref!!x", "lp.xyz!a!b", "!a!b",
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++) {
		const char *object, *name;

		assert_int_equal(lp_mark_parse(&arena, names[i], &object, &name), LP_MARK_NONE);
		assert_string_equal(name, names[i]);
		assert_null(object);
	}
}

static void positions_are_cut_off(void **state)
{
	(void)state;
	static const struct {
		const char *given, *name;
		u32 position;
	} rows[] = { { "count!2", "count", 2 },
		     { "count.0!13", "count.0", 13 },
		     { "count", "count", 0 },
		     { "count!", "count!", 0 },
		     { "!2", "!2", 0 },
		     { "count!0", "count!0", 0 },
		     { "count!2x", "count!2x", 0 },
		     { "count!4294967296", "count!4294967296", 0 } };

	for (size_t i = 0; i < LP_ARRAY_SIZE(rows); i++) {
		const char *name = rows[i].given;

		assert_int_equal(lp_mark_position(&arena, &name), rows[i].position);
		assert_string_equal(name, rows[i].name);
	}
}

static const char text_of_two[] = "object a/b.o\n"
				  "source b.c\n"
				  "source b2.c\n"
				  "source b.c\n"
				  "compiler GCC: (X) 12\n"
				  "passed ifunc\n"
				  "passed tls-changed\n"
				  "local f 12 f\n"
				  "local o 4 count.0\n"
				  "global t 8 tls var\n"
				  "changed 12 20 f\n"
				  "cold 9 f.cold\n"
				  "why first difference +0x4: other bytes\n"
				  "added 7 g\n"
				  "data 3 table\n"
				  "table 24 ops\n"
				  "hook load raise_limit\n"
				  "ignored line-only h\n"
				  "advice thread-body f runs in a thread\n"
				  "pins g ops\n"
				  "object c.o\n";

/* A model whose only contents is TEXT as `.lp.info`. */
static struct lp_err *parse(const char *text, size_t len, struct lp_info_list *ret)
{
	struct lp_out *out = lp_out_create(&arena);
	u32 sec = lp_out_section(out, LP_SEC_INFO, SHT_PROGBITS, 0, 1, 0);
	const struct lp_elf *elf;
	u8 *bytes;
	size_t size;

	lp_out_append(out, sec, text, len, 1);
	assert_ok(lp_out_bytes(out, &bytes, &size));
	assert_ok(lp_elf_load_mem(&arena, "d.o", bytes, size, LP_ELF_RELOCATABLE, &elf));
	return lp_info_parse(&arena, elf, ret);
}

static void records_go_there_and_back(void **state)
{
	(void)state;
	struct lp_info_list list;

	assert_ok(parse(text_of_two, strlen(text_of_two), &list));
	assert_int_equal(list.n, 2);
	const struct lp_info *info = &list.items[0];

	assert_string_equal(info->source, "b.c");
	assert_int_equal(info->more_sources.n, 2);
	assert_string_equal(info->more_sources.items[0], "b2.c");
	assert_string_equal(info->compiler, "GCC: (X) 12");
	assert_int_equal(info->symbols.n, 3);
	assert_int_equal(info->symbols.items[2].kind, 't');
	assert_false(info->symbols.items[2].is_local);
	assert_string_equal(info->symbols.items[2].name, "tls var");
	assert_int_equal(info->changes.n, 6);
	assert_int_equal(info->changes.items[0].old_size, 12);
	assert_int_equal(info->changes.items[0].new_size, 20);
	assert_string_equal(info->changes.items[0].why, "first difference +0x4: other bytes");
	assert_string_equal(info->changes.items[0].cold, "f.cold");
	assert_int_equal(info->changes.items[0].cold_size, 9);
	assert_null(info->changes.items[1].why);
	assert_null(info->changes.items[1].cold);
	assert_int_equal(info->changes.items[3].kind, LP_TABLE);
	assert_int_equal(info->changes.items[3].old_size, 24);
	assert_int_equal(info->changes.items[4].kind, LP_HOOK);
	assert_string_equal(info->changes.items[4].hook, "load");
	assert_string_equal(info->changes.items[4].name, "raise_limit");
	assert_string_equal(info->changes.items[5].rule, "line-only");
	assert_int_equal(info->passed.n, 2);
	assert_string_equal(info->passed.items[1], "tls-changed");
	assert_int_equal(info->advice.n, 1);
	assert_string_equal(info->advice.items[0].rule, "thread-body");
	assert_string_equal(info->advice.items[0].name, "f");
	assert_string_equal(info->advice.items[0].says, "runs in a thread");
	assert_int_equal(info->pins.n, 1);
	assert_string_equal(info->pins.items[0].name, "g");
	assert_string_equal(info->pins.items[0].holder, "ops");
	assert_string_equal(list.items[1].object, "c.o");
	char *again = lp_printf(&arena, "%s%s", lp_info_format(&arena, &list.items[0]),
				lp_info_format(&arena, &list.items[1]));

	assert_string_equal(again, text_of_two);
}

static void bad_records_are_named_by_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "object", "not text" },
		{ "source x\n", "line 1: comes before" },
		{ "object\n", "line 1: a word is missing" },
		{ "object x\nbogus y\n", "line 2: unknown record" },
		{ "object x\n\n", "line 2: is empty" },
		{ "object x\nlocal q 1 n\n", "line 2: the kind" },
		{ "object x\nlocal f\n", "line 2: a size is missing" },
		{ "object x\nlocal f 1x n\n", "line 2: a size is not a number" },
		{ "object x\nlocal f 18446744073709551616 n\n", "line 2: a size is not a number" },
		{ "object x\nlocal f 1\n", "line 2: a word is missing" },
		{ "object x\nchanged 1 n\n", "line 2: a size is not" },
		{ "object x\nwhy n\n", "line 2: a reason without" },
		{ "object x\nignored\n", "line 2: a rule is missing" },
		{ "object x\npassed\n", "line 2: a word is missing" },
		{ "object x\nadvice r\n", "line 2: a rule or a name is missing" },
		{ "object x\npins\n", "line 2: a name is missing" },
		{ "object x\npins f\n", "line 2: a word is missing" },
		{ "object x\nhook\n", "line 2: the kind of hook is missing" },
		{ "object x\nhook load\n", "line 2: a word is missing" },
		{ "object x\ntable ops\n", "line 2: a size is not a number" },
		{ "object x\ncold 1 f.cold\n", "line 2: a cold part without" },
		{ "object x\nadded 1 f\ncold 1 f.cold\n", "line 3: a cold part without" },
		{ "object x\nchanged 1 1 f\ncold 1\n", "line 3: a word is missing" },
		{ "object x\nchanged 1 1 f\ncold f\n", "line 3: a size is not" },
		{ "object x\nchanged 1 1 f\ncold 1 c\ncold 1 d\n", "line 4: a cold part without" },
	};
	struct lp_info_list list;

	for (size_t i = 0; i < LP_ARRAY_SIZE(cases); i++)
		assert_err(parse(cases[i].text, strlen(cases[i].text), &list), LP_FAILED,
			   cases[i].message);
	assert_err(parse("object x\0y\n", 11, &list), LP_FAILED, "not text");
}

static void an_object_without_records_is_fine(void **state)
{
	(void)state;
	struct lp_out *out = lp_out_create(&arena);
	struct lp_info_list list;
	const struct lp_elf *elf;
	u8 *bytes;
	size_t size;

	assert_ok(lp_out_bytes(out, &bytes, &size));
	assert_ok(lp_elf_load_mem(&arena, "d.o", bytes, size, LP_ELF_RELOCATABLE, &elf));
	assert_ok(lp_info_parse(&arena, elf, &list));
	assert_int_equal(list.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(marks_go_there_and_back),		 TEST(other_names_are_ordinary),
		TEST(records_go_there_and_back),	 TEST(bad_records_are_named_by_line),
		TEST(an_object_without_records_is_fine), TEST(positions_are_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
