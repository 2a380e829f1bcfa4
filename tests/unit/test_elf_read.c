/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/zip.h"
#include "runtime/payload.h"
#include "tests/unit/elf_build.h"

static void the_model_is_what_was_written(void **state)
{
	(void)state;
	struct sample sample = sample_object();
	const struct lp_elf *elf;

	assert_ok(load_sample(&sample, &elf));
	u32 text = lp_elf_section(elf, ".text.f"), str = lp_elf_section(elf, ".rodata.str1.1");
	u32 bss = lp_elf_section(elf, ".bss.b");

	assert_int_equal(elf->type, ET_REL);
	assert_int_equal(elf->n_sections, 10);
	assert_int_equal(elf->sections[text].align, 16);
	assert_int_equal(elf->sections[text].size, 8);
	assert_true(lp_section_is_strings(&elf->sections[str]));
	assert_false(lp_section_is_strings(&elf->sections[text]));
	assert_string_equal(lp_section_string(&elf->sections[str], 4), "two");
	assert_null(lp_section_string(&elf->sections[str], 8));
	assert_null(lp_section_string(&elf->sections[text], 5));
	assert_null(elf->sections[bss].data);
	assert_int_equal(elf->sections[bss].size, 16);
	assert_int_equal(lp_elf_section(elf, ".nothing"), 0);
}

static void symbols_are_found_by_place(void **state)
{
	(void)state;
	struct sample sample = sample_object();
	const struct lp_elf *elf;

	assert_ok(load_sample(&sample, &elf));
	u32 text = lp_elf_section(elf, ".text.f"), bss = lp_elf_section(elf, ".bss.b");
	u32 f = lp_elf_symbol_at(elf, text, 5);

	assert_string_equal(elf->symbols[f].name, "f");
	assert_string_equal(elf->symbols[elf->symbols[f].file].name, "a.c");
	assert_int_equal(lp_elf_symbol_at(elf, text, 6), 0);
	assert_int_equal(lp_elf_symbol_at(elf, bss, 7), 0);
	assert_string_equal(elf->symbols[lp_elf_symbol_at(elf, bss, 8)].name, "b");
	assert_string_equal(elf->symbols[lp_elf_symbol_at(elf, bss, 15)].name, "b");
	assert_int_equal(elf->symbols[lp_elf_symbol_at(elf, bss, 15)].file, 0);
}

static void nested_symbols_give_way_to_the_nearest_that_covers(void **state)
{
	(void)state;
	struct lp_out *out = lp_out_create(&arena);
	u32 sec = lp_out_section(out, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, 0);
	struct sample sample;
	const struct lp_elf *elf;

	lp_out_append(out, sec, NULL, 64, 8);
	for (u32 i = 0; i < 3; i++) {
		static const struct lp_symbol syms[] = {
			{ .name = "outer", .size = 64, .type = STT_OBJECT, .bind = STB_GLOBAL },
			{ .name = "inner", .value = 8, .size = 8, .type = STT_OBJECT },
			{ .name = "label", .value = 24, .type = STT_NOTYPE },
		};
		struct lp_symbol sym = syms[i];

		sym.shndx = sec;
		lp_out_symbol(out, &sym);
	}
	assert_ok(lp_out_bytes(out, &sample.bytes, &sample.len));
	assert_ok(load_sample(&sample, &elf));
	u32 data = lp_elf_section(elf, ".data");

	assert_string_equal(elf->symbols[lp_elf_symbol_at(elf, data, 9)].name, "inner");
	assert_string_equal(elf->symbols[lp_elf_symbol_at(elf, data, 16)].name, "outer");
	assert_string_equal(elf->symbols[lp_elf_symbol_at(elf, data, 24)].name, "outer");
	assert_string_equal(elf->symbols[lp_elf_symbol_at(elf, data, 63)].name, "outer");
	assert_int_equal(lp_elf_symbol_at(elf, data, 64), 0);
}

static void relocations_are_sorted_and_resolved(void **state)
{
	(void)state;
	struct sample sample = sample_object();
	const struct lp_elf *elf;

	assert_ok(load_sample(&sample, &elf));
	const struct lp_section *text = &elf->sections[lp_elf_section(elf, ".text.f")];
	const struct lp_reloc *rels = elf->rels + text->rel_first;

	assert_int_equal(text->n_rels, 2);
	assert_int_equal(rels[0].off, 1);
	assert_string_equal(elf->symbols[rels[0].sym].name, "ext");
	assert_string_equal(lp_reloc_name(rels[0].type), "R_X86_64_PLT32");
	assert_int_equal(rels[0].addend, -4);
	assert_int_equal(rels[1].off, 4);
	assert_string_equal(elf->symbols[rels[1].sym].name, ".rodata.str1.1");
	assert_int_equal(elf->sections[lp_elf_section(elf, ".rodata.str1.1")].secsym, rels[1].sym);
	assert_string_equal(lp_reloc_name(9999), "R_X86_64_?");
	assert_int_equal(lp_reloc_width(R_X86_64_64), 8);
	assert_int_equal(lp_reloc_width(R_X86_64_NONE), 0);
}

static void groups_are_known_by_their_members(void **state)
{
	(void)state;
	struct sample sample = sample_object();
	const struct lp_elf *elf;

	assert_ok(load_sample(&sample, &elf));
	u32 group = elf->sections[lp_elf_section(elf, ".text.g")].group;

	assert_int_equal(group, lp_elf_section(elf, ".group"));
	assert_string_equal(elf->symbols[elf->sections[group].info].name, "g");
	assert_int_equal(elf->sections[lp_elf_section(elf, ".text.f")].group, 0);
}

static void compressed_sections_are_inflated(void **state)
{
	(void)state;
	struct lp_out *out = lp_out_create(&arena);
	u32 sec = lp_out_section(out, ".debug_str", SHT_PROGBITS, SHF_COMPRESSED, 8, 0);
	u8 plain[3000], *zipped;
	size_t zipped_len;
	struct sample sample;
	const struct lp_elf *elf;

	memset(plain, 'x', sizeof(plain));
	assert_ok(lp_zip(&arena, plain, sizeof(plain), &zipped, &zipped_len));
	lp_out_append(out, sec, zipped, zipped_len, 8);
	assert_ok(lp_out_bytes(out, &sample.bytes, &sample.len));
	assert_ok(load_sample(&sample, &elf));
	const struct lp_section *got = &elf->sections[lp_elf_section(elf, ".debug_str")];

	assert_int_equal(got->size, sizeof(plain));
	assert_memory_equal(got->data, plain, sizeof(plain));
	assert_int_equal(got->flags & SHF_COMPRESSED, 0);
	((u8 *)sample_contents(&sample, ".debug_str"))[30] ^= 0xff;
	assert_err(load_sample(&sample, &elf), LP_FAILED, "");
}

/* The texts of a payload are small; a few kilobytes that say they are more are not believed. */
static void texts_of_a_payload_are_bounded(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct lp_out *out = lp_out_create(&arena);
		size_t half = LIVEPATCH_MAX_TEXT / 2, zipped_len;
		u8 *zipped, *plain = lp_alloc(&arena, half + 1);
		const struct lp_elf *elf;
		struct sample sample;

		for (size_t i = 0; i < 2; i++) {
			u32 sec = lp_out_section(out, i ? ".diff" : ".manifest", SHT_PROGBITS,
						 SHF_COMPRESSED, 8, 0);

			assert_ok(lp_zip(&arena, plain, half + i * more, &zipped, &zipped_len));
			lp_out_append(out, sec, zipped, zipped_len, 8);
		}
		assert_ok(lp_out_bytes(out, &sample.bytes, &sample.len));
		assert_true(sample.len < 32768);
		assert_ok(load_sample(&sample, &elf)); /* an object's debug information may */
		struct lp_err *err = lp_elf_load_mem(&arena, "p", sample.bytes, sample.len,
						     LP_ELF_PAYLOAD, &elf);

		if (more)
			assert_err(err, LP_FAILED, "more than the 4194304 allowed");
		else
			assert_ok(err);
	}
}

/* What is wrong with a copy of the sample, and what the message says. */
struct damage {
	const char *section;
	void (*apply)(struct sample *sample, Elf64_Shdr *shdr, Elf64_Ehdr *ehdr);
	const char *message;
};

#define DAMAGE(name, ...)                                                                          \
	static void name(struct sample *sample, Elf64_Shdr *shdr, Elf64_Ehdr *ehdr)                \
	{                                                                                          \
		(void)sample, (void)shdr, (void)ehdr;                                              \
		__VA_ARGS__;                                                                       \
	}

#define SYM(n)	((Elf64_Sym *)sample_contents(sample, ".symtab"))[n]
#define RELA(n) ((Elf64_Rela *)sample_contents(sample, ".rela.text.f"))[n]

DAMAGE(no_magic, sample->bytes[1] = 'e')
DAMAGE(other_class, sample->bytes[EI_CLASS] = ELFCLASS32)
DAMAGE(other_order, sample->bytes[EI_DATA] = ELFDATA2MSB)
DAMAGE(other_machine, ehdr->e_machine = EM_AARCH64)
DAMAGE(an_executable, ehdr->e_type = ET_EXEC)
DAMAGE(small_headers, ehdr->e_shentsize = 32)
DAMAGE(headers_outside, ehdr->e_shoff = sample->len)
DAMAGE(no_names, ehdr->e_shstrndx = SHN_UNDEF)
DAMAGE(section_outside, shdr->sh_offset = sample->len)
DAMAGE(section_wraps, shdr->sh_offset = UINT64_MAX - 3)
DAMAGE(section_huge, shdr->sh_size = UINT64_MAX)
DAMAGE(odd_align, shdr->sh_addralign = 12)
DAMAGE(wild_align, shdr->sh_addralign = (u64)1 << 36)
DAMAGE(wild_nobits, shdr->sh_type = SHT_NOBITS; shdr->sh_size = (u64)1 << 50)
DAMAGE(bad_link, shdr->sh_link = 4000)
DAMAGE(bad_info, shdr->sh_info = 4000)
DAMAGE(bad_name, shdr->sh_name = 0xffffff)
DAMAGE(bad_entsize, shdr->sh_entsize = 7)
DAMAGE(no_symtab, shdr->sh_type = SHT_PROGBITS)
DAMAGE(rel_type, shdr->sh_type = SHT_REL)
DAMAGE(open_strtab, ((char *)sample_contents(sample, ".strtab"))[shdr->sh_size - 1] = 'x')
DAMAGE(sym_name, SYM(1).st_name = 0xffffff)
DAMAGE(sym_section, SYM(4).st_shndx = 200)
DAMAGE(sym_xindex, SYM(4).st_shndx = SHN_XINDEX)
DAMAGE(sym_reserved, SYM(4).st_shndx = SHN_LORESERVE + 5)
DAMAGE(sym_outside, SYM(2).st_value = 7)
DAMAGE(sym_wraps, SYM(2).st_value = UINT64_MAX)
DAMAGE(sym_order, SYM(2).st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC))
DAMAGE(rela_sym, RELA(0).r_info = ELF64_R_INFO(99ULL, R_X86_64_PC32))
DAMAGE(rela_off, RELA(0).r_offset = 5)
DAMAGE(rela_wraps, RELA(0).r_offset = UINT64_MAX)
DAMAGE(rela_addend, RELA(0).r_addend = INT64_MAX - 3)
DAMAGE(member_of_group, ((u32 *)sample_contents(sample, ".group"))[1] = 77)
DAMAGE(overlap, shdr->sh_offset = 0; shdr->sh_size = sample->len)

static const struct damage damages[] = {
	{ NULL, no_magic, "not an ELF file" },
	{ NULL, other_class, "not a 64-bit" },
	{ NULL, other_order, "not a 64-bit" },
	{ NULL, other_machine, "machine 183" },
	{ NULL, an_executable, "a relocatable object (.o)" },
	{ NULL, small_headers, "section headers of 32 bytes" },
	{ NULL, headers_outside, "" },
	{ NULL, no_names, "no section name table" },
	{ ".text.f", section_outside, "[1]: truncated" },
	{ ".text.f", section_wraps, "[1]: truncated" },
	{ ".text.f", section_huge, "[1]: truncated" },
	{ ".text.f", odd_align, "alignment 12" },
	{ ".text.f", wild_align, "alignment 68719476736 is larger" },
	{ ".text.g", wild_nobits, "more than any program has" },
	{ ".symtab", bad_link, "links to section 4000" },
	{ ".rela.text.f", bad_link, "links to section 4000" },
	{ ".rela.text.f", bad_info, "'.rela.text.f' [6]: relocates section 4000" },
	{ ".symtab", bad_info, "local" },
	{ ".text.f", bad_name, "name table" },
	{ ".symtab", bad_entsize, "whole number of symbols" },
	{ ".rela.text.f", bad_entsize, "whole number of relocations" },
	{ ".symtab", no_symtab, "has no symbol table" },
	{ ".rela.text.f", rel_type, "without addends" },
	{ ".strtab", open_strtab, "string table is damaged" },
	{ ".symtab", sym_name, "symbol 1 lies outside" },
	{ ".symtab", sym_section, "symbol 4 is in section 200" },
	{ ".symtab", sym_xindex, "symbol 4 has no entry" },
	{ ".symtab", sym_reserved, "unknown section 0xff05" },
	{ ".symtab", sym_outside, "symbol 'f'" },
	{ ".symtab", sym_wraps, "symbol 'f'" },
	{ ".symtab", sym_order, "mixed at symbol 2" },
	{ ".rela.text.f", rela_sym, "uses symbol 99" },
	{ ".rela.text.f", rela_off, "lies outside of '.text.f'" },
	{ ".rela.text.f", rela_wraps, "lies outside of '.text.f'" },
	{ ".rela.text.f", rela_addend, "relocation 0 has the addend" },
	{ ".group", member_of_group, "bad member 77" },
	{ ".group", bad_info, "named by symbol 4000" },
	{ ".text.g", overlap, "overlap" },
};

static void damaged_files_are_refused_with_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(damages); i++) {
		struct sample sample = sample_object();
		const struct damage *damage = &damages[i];
		const struct lp_elf *elf;

		damage->apply(&sample,
			      damage->section ? sample_header(&sample, damage->section) : NULL,
			      (Elf64_Ehdr *)(void *)sample.bytes);
		struct lp_err *err = load_sample(&sample, &elf);

		if (!err)
			fail_msg("damage %zu (%s) is not seen", i, damage->message);
		assert_true(strstr(lp_err_message(err), "sample.o: ") != NULL);
		assert_err(err, LP_FAILED, damage->message);
	}
}

static void a_file_cut_anywhere_is_an_error(void **state)
{
	(void)state;
	struct sample whole = sample_object();

	for (size_t len = 0; len < whole.len; len++) {
		/* On the heap, so that the sanitizer sees each byte behind the end. */
		u8 *copy = malloc(len ? len : 1);
		const struct lp_elf *elf;

		assert_non_null(copy);
		memcpy(copy, whole.bytes, len);
		struct lp_err *err =
			lp_elf_load_mem(&arena, "cut.o", copy, len, LP_ELF_RELOCATABLE, &elf);

		assert_non_null(err);
		assert_int_equal(lp_err_code(err), LP_FAILED);
		lp_err_destroy(err);
		free(copy);
	}
}

static void any_byte_may_be_wrong(void **state)
{
	(void)state;
	struct sample whole = sample_object();
	static const u8 values[] = { 0x00, 0x7f, 0xff };

	for (size_t i = 0; i < whole.len * LP_ARRAY_SIZE(values); i++) {
		struct sample copy = { lp_memdup(&arena, whole.bytes, whole.len), whole.len };
		const struct lp_elf *elf;

		copy.bytes[i / LP_ARRAY_SIZE(values)] = values[i % LP_ARRAY_SIZE(values)];
		lp_err_destroy(load_sample(&copy, &elf));
	}
}

static void this_program_loads_as_an_executable(void **state)
{
	(void)state;
	const struct lp_elf *elf;

	assert_ok(lp_elf_load(&arena, "/proc/self/exe", LP_ELF_EXECUTABLE, &elf));
	assert_true(elf->n_segments > 2);
	assert_int_equal(elf->n_rels, 0);
	assert_int_equal(elf->build_id_len, 20);
	u32 text = lp_elf_section(elf, ".text");
	u32 found = 0;

	for (u32 i = 1; i < elf->n_symbols; i++) {
		if (!strcmp(elf->symbols[i].name, "lp_elf_load"))
			found = i;
	}
	assert_int_not_equal(found, 0);
	assert_int_equal(lp_elf_symbol_at(elf, text, elf->symbols[found].value + 1), found);
	assert_err(lp_elf_load(&arena, "/proc/self/exe", LP_ELF_RELOCATABLE, &elf), LP_FAILED,
		   "relocatable object");
	assert_err(lp_elf_load(&arena, "/nonexistent", LP_ELF_EXECUTABLE, &elf), LP_FAILED,
		   "/nonexistent");
}

/* What `clang -flto` calls an object. */
static void test_bitcode(void **state)
{
	static const u8 bitcode[] = { 'B', 'C', 0xc0, 0xde, 0x35, 0x14, 0, 0 };
	const struct lp_elf *elf;

	(void)state;
	struct lp_err *err = lp_elf_load_mem(&arena, "clang.o", bitcode, sizeof(bitcode),
					     LP_ELF_RELOCATABLE, &elf);

	assert_string_equal(lp_err_rule_id(err), "lto-bytecode");
	assert_err(err, LP_REFUSED, "clang.o: LLVM bitcode, not an ELF file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_model_is_what_was_written),
		TEST(symbols_are_found_by_place),
		TEST(nested_symbols_give_way_to_the_nearest_that_covers),
		TEST(relocations_are_sorted_and_resolved),
		TEST(groups_are_known_by_their_members),
		TEST(compressed_sections_are_inflated),
		TEST(texts_of_a_payload_are_bounded),
		TEST(damaged_files_are_refused_with_the_place),
		TEST(a_file_cut_anywhere_is_an_error),
		TEST(any_byte_may_be_wrong),
		TEST(this_program_loads_as_an_executable),
		TEST(test_bitcode)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
