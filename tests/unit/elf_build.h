/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small relocatable object for the tests, made by the writer, and ways to damage it. */
#ifndef ELF_BUILD_H
#define ELF_BUILD_H

#include "lib/elf.h"
#include "tests/unit/test.h"

struct sample {
	u8 *bytes;
	size_t len;
};

/*
 * Sections: 1 .text.f (8 bytes), 2 .rodata.str1.1 ("one", "two"), 3 .bss.b (16), 4 .group,
 * 5 .text.g (4); then .rela.text.f, .symtab, .strtab, .shstrtab.
 */
static inline struct sample sample_object(void)
{
	static const u8 code[8] = { 0xe8, 0, 0, 0, 0, 0xc3, 0x90, 0x90 };
	const u32 group[2] = { GRP_COMDAT, 5 };
	struct lp_out *out = lp_out_create(&arena);
	u32 text = lp_out_section(out, ".text.f", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, 0);
	u32 str = lp_out_section(out, ".rodata.str1.1", SHT_PROGBITS,
				 SHF_ALLOC | SHF_MERGE | SHF_STRINGS, 1, 1);
	u32 bss = lp_out_section(out, ".bss.b", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 8, 0);
	u32 grp = lp_out_section(out, ".group", SHT_GROUP, 0, 4, 4);
	u32 other = lp_out_section(out, ".text.g", SHT_PROGBITS,
				   SHF_ALLOC | SHF_EXECINSTR | SHF_GROUP, 4, 0);

	lp_out_append(out, text, code, sizeof(code), 16);
	lp_out_append(out, str, "one\0two", 8, 1);
	lp_out_append(out, bss, NULL, 16, 8);
	lp_out_append(out, other, code + 4, 4, 4);
	lp_out_append(out, grp, group, sizeof(group), 4);
	u32 g = lp_out_symbol(out, &(struct lp_symbol){ .name = "g",
							.size = 4,
							.type = STT_FUNC,
							.bind = STB_WEAK,
							.shndx = other });
	u32 ext = lp_out_symbol(
		out, &(struct lp_symbol){ .name = "ext", .bind = STB_GLOBAL, .shndx = SHN_UNDEF });

	lp_out_symbol(out, &(struct lp_symbol){ .name = "f",
						.size = 6,
						.type = STT_FUNC,
						.bind = STB_LOCAL,
						.shndx = text });
	lp_out_symbol(out,
		      &(struct lp_symbol){ .name = "a.c", .type = STT_FILE, .shndx = LP_SHN_ABS });
	lp_out_symbol(out, &(struct lp_symbol){ .name = "b",
						.value = 8,
						.size = 8,
						.type = STT_OBJECT,
						.bind = STB_GLOBAL,
						.shndx = bss });
	lp_out_link(out, grp, 0, g);
	lp_out_reloc(out, text, 4, R_X86_64_PC32, lp_out_section_symbol(out, str), 4 - 4);
	lp_out_reloc(out, text, 1, R_X86_64_PLT32, ext, -4);
	struct sample sample;

	assert_ok(lp_out_bytes(out, &sample.bytes, &sample.len));
	return sample;
}

static inline struct lp_err *load_sample(const struct sample *sample, const struct lp_elf **ret)
{
	return lp_elf_load_mem(&arena, "sample.o", sample->bytes, sample->len, LP_ELF_RELOCATABLE,
			       ret);
}

/* The section header of the first section called NAME in the image. */
static inline Elf64_Shdr *sample_header(struct sample *sample, const char *name)
{
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)(void *)sample->bytes;
	Elf64_Shdr *shdrs = (Elf64_Shdr *)(void *)(sample->bytes + ehdr->e_shoff);
	const char *names = (const char *)sample->bytes + shdrs[ehdr->e_shstrndx].sh_offset;

	u32 i = 1;

	while (i < ehdr->e_shnum && strcmp(names + shdrs[i].sh_name, name) != 0)
		i++;
	if (i == ehdr->e_shnum)
		fail_msg("no section %s", name);
	return &shdrs[i];
}

/* Contents of the first section called NAME. */
static inline void *sample_contents(struct sample *sample, const char *name)
{
	return sample->bytes + sample_header(sample, name)->sh_offset;
}

#endif
