/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of an object of both compilers, whole and damaged. */
#include "lib/dwarf_types.h"
#include "lib/file.h"
#include "lib/proc.h"
#include "tests/unit/test.h"

#define MAX_OBJECT ((size_t)1 << 20)

static const char source[] = "struct part { int n; char bytes[8]; };\n"
			     "typedef struct { struct part parts[2]; } whole;\n"
			     "typedef struct { int a; } *handle;\n"
			     "static struct { int b; } state[4];\n"
			     "static const struct { int c; } table[] = { { 1 }, { 2 } };\n"
			     "int use(whole *whole, handle handle, void *opaque, int n)\n"
			     "{\n"
			     "	struct { int d; } *local = opaque;\n"
			     "	state[n].b++;\n"
			     "	return whole->parts[1].n + handle->a + local->d + table[n].c;\n"
			     "}\n";

static u8 *bytes;
static size_t size;

static const struct lp_elf *compile(const char *compiler)
{
	const struct lp_elf *elf;
	const char *const argv[] = { compiler, "-O2",	  "-c",	     "-g", "-gz=none",
				     "-o",     "types.o", "types.c", NULL };

	assert_ok(lp_file_write(test_path("types.c"), source, sizeof(source) - 1));
	assert_ok(lp_proc_run(&arena, &(struct lp_proc){ .argv = argv, .cwd = test_path("") }));
	assert_ok(lp_file_read(&arena, test_path("types.o"), MAX_OBJECT, &bytes, &size));
	assert_ok(lp_elf_load_mem(&arena, "types.o", bytes, size, LP_ELF_RELOCATABLE, &elf));
	return elf;
}

/* The first member of the type as "name: type", NULL when there is no such type. */
static const char *first_member(const struct lp_types *types, const char *name)
{
	u32 idx = lp_map_get_str(&types->by_name, name);

	if (idx == LP_MAP_NONE)
		return NULL;
	const struct lp_type_member *member = types->list.items[idx].members;

	return lp_printf(&arena, "%s: %s", member->name, member->type);
}

static void names_and_members(void **state)
{
	static const char *const compilers[] = { "gcc", "clang" };

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(compilers); i++) {
		struct lp_types *types;

		assert_ok(lp_types_load(&arena, compile(compilers[i]), &types));
		assert_int_equal(types->list.n, 5);
		assert_string_equal(first_member(types, "struct part"), "n: int");
		assert_string_equal(first_member(types, "whole"), "parts: struct part[2]");
		/* Those without a tag are called like what was declared with them. */
		assert_string_equal(first_member(types, "handle"), "a: int");
		assert_string_equal(first_member(types, "state"), "b: int");
		assert_string_equal(first_member(types, "use.local"), "d: int");
		assert_null(first_member(types, "table")); /* const: known by its contents */
	}
}

/* Debug information that ends or cannot be read: an error, not fewer types. */
static void damage_is_an_error(void **state)
{
	static const struct {
		const char *section;
		u64 first; /* behind what every reader of the unit needs */
		u8 filler;
	} damages[] = { { ".debug_abbrev", 1, 0xff }, { ".debug_info", 12, 0xff } };
	const struct lp_elf *elf = compile("gcc");

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(damages); i++) {
		const struct lp_section *sec =
			&elf->sections[lp_elf_section(elf, damages[i].section)];
		u64 begin = (u64)(sec->data - elf->image);

		assert_true(sec->size > 100);
		for (u64 off = damages[i].first; off + 4 < sec->size; off++) {
			const struct lp_elf *damaged;
			struct lp_arena round = { 0 };
			struct lp_types *types;
			u8 *copy = lp_memdup(&round, bytes, size);

			memset(copy + begin + off, damages[i].filler, sec->size - off);
			assert_ok(lp_elf_load_mem(&round, "types.o", copy, size, LP_ELF_RELOCATABLE,
						  &damaged));
			struct lp_err *err = lp_types_load(&round, damaged, &types);

			if (!err)
				fail_msg("%s from %llu on is not missed", damages[i].section,
					 (unsigned long long)off);
			assert_null(types);
			assert_err(err, LP_FAILED, "debug information");
			lp_arena_deinit(&round);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(names_and_members), TEST(damage_is_an_error) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
