/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payloads for the tests of the runtime, and a function of this program to try them on. */
#ifndef RT_PAYLOAD_H
#define RT_PAYLOAD_H

#include <link.h>

#include "lib/elf.h"
#include "runtime/core.h"
#include "runtime/load.h"
#include "tests/unit/test.h"

/*
 * rt_old_1() and rt_old_2() give 1 and 2, from 32 bytes each; rt_old_e() begins with endbr64; the
 * payload's functions give NEW. Assembler, so that the bytes are the same with every compiler.
 */
int rt_old_1(void);
int rt_old_2(void);
int rt_old_e(void);
#define RT_OLD_SIZE 32
__asm__(".pushsection .text\n"
	".balign 32\n.globl rt_old_1\n.type rt_old_1,@function\nrt_old_1: mov $1,%eax; ret\n"
	".balign 32,0x90\n.globl rt_old_2\n.type rt_old_2,@function\nrt_old_2: mov $2,%eax; ret\n"
	".balign 32,0x90\n.globl rt_old_e\n.type rt_old_e,@function\n"
	"rt_old_e: endbr64; mov $3,%eax; ret\n"
	".balign 32,0x90\n"
	".popsection\n"
	".pushsection .rodata\n"
	".balign 16\n.globl rt_constants\nrt_constants: .quad 1, 2, 3, 4\n"
	".popsection\n"
	".pushsection .data.rel.ro,\"aw\"\n"
	".balign 16\n.globl rt_pointers\nrt_pointers: .quad rt_old_1, rt_old_2\n"
	".popsection\n"
	".pushsection .data\n"
	".balign 16\n.globl rt_numbers\nrt_numbers: .quad 5, 6\n"
	".popsection\n");

/* Tables that patches replace: read-only, read-only once relocated, writable. */
extern const volatile u64 rt_constants[4];
extern int (*const volatile rt_pointers[2])(void);
extern volatile u64 rt_numbers[2];

struct rt_func {
	const char *name;
	int (*old)(void);
	u32 old_size;
	int value; /* what the new function gives */
	u8 version;
	u8 expect_flags;
	u8 expect[LIVEPATCH_EXPECT_LEN];
};

struct rt_range {
	const char *name;
	u64 addr; /* in this process */
	u64 size;
};

struct rt_table {
	const char *name;
	u64 addr; /* in this process */
	const void *old, *new;
	u32 size, pad;
};

struct rt_hook {
	const char *kind;
	u64 addr; /* in this process; 0: the payload's first function */
};

struct rt_spec {
	const char *name;
	u8 id; /* all bytes of the build-id */
	const u8 *depends;
	size_t depends_len;
	const u8 *target; /* NULL: this program's */
	size_t target_len;
	struct rt_func funcs[4];
	size_t n;
	const struct rt_range *ranges;
	size_t n_ranges;
	const struct rt_table *tables;
	size_t n_tables;
	const struct rt_hook *hooks; /* those of one kind one behind the other */
	size_t n_hooks;
	size_t bss; /* bytes of it */
	bool replaces;
	bool pins;
	const struct livepatch_below *below; /* the payload's data holds their addresses first */
	size_t n_below;
	const u8 *frames; /* its .eh_frame, with one FDE, of the first function */
	size_t frames_len, fde;
	const char *import; /* symbol whose address the payload's data holds first, or NULL */
};

/* A function entry that is right in everything. */
static inline struct rt_func rt_func(const char *name, int (*old)(void), int value)
{
	struct rt_func f = {
		.name = name,
		.old = old,
		.old_size = RT_OLD_SIZE,
		.value = value,
		.version = LIVEPATCH_VERSION,
		.expect_flags = 1 | 9 << 1,
	};

	memcpy(f.expect, (const void *)old, 9);
	return f;
}

static inline void rt_note(struct lp_out *out, const char *name, const u8 *id, size_t len)
{
	Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = (Elf64_Word)len, .n_type = NT_GNU_BUILD_ID };
	u32 sec = lp_out_section(out, name, SHT_NOTE, SHF_ALLOC, 4, 0);

	lp_out_append(out, sec, &note, sizeof(note), 4);
	lp_out_append(out, sec, "GNU", 4, 1);
	lp_out_append(out, sec, id, len, 1);
}

/* The place of a signature, zeros. */
static inline void rt_signature(struct lp_out *out)
{
	Elf64_Nhdr note = { .n_namesz = sizeof(LIVEPATCH_SIGN_OWNER),
			    .n_descsz = sizeof(struct livepatch_signature),
			    .n_type = LIVEPATCH_SIGN_TYPE };
	u32 sec = lp_out_section(out, LIVEPATCH_SEC_SIGN, SHT_NOTE, 0, 4, 0);

	lp_out_append(out, sec, &note, sizeof(note), 4);
	lp_out_append(out, sec, LIVEPATCH_SIGN_OWNER, sizeof(LIVEPATCH_SIGN_OWNER), 1);
	lp_out_append(out, sec, NULL, sizeof(struct livepatch_signature), 4);
}

/* Returns the section of the new code. */
static inline u32 rt_add_func(struct lp_out *out, const struct rt_func *f, u64 bias, u32 funcs,
			      u32 strings)
{
	u8 code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };
	struct livepatch_func raw = {
		.new_size = sizeof(code),
		.old_size = f->old_size,
		.version = f->version,
		.expect = { .flags = f->expect_flags },
	};
	char section[64];
	u32 text;
	u64 at, name;

	if (!f->name)
		abort(); /* a mistake of the test */
	memcpy(code + 1, &f->value, sizeof(f->value));
	memcpy(raw.expect.data, f->expect, sizeof(f->expect));
	snprintf(section, sizeof(section), ".text.%s", f->name);
	text = lp_out_section(out, section, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, 0);
	lp_out_append(out, text, code, sizeof(code), 16);
	name = lp_out_append(out, strings, f->name, strlen(f->name) + 1, 1);
	at = lp_out_append(out, funcs, &raw, sizeof(raw), 8);
	lp_out_reloc(out, funcs, at, R_X86_64_64, lp_out_section_symbol(out, strings), (s64)name);
	lp_out_reloc(out, funcs, at + 8, R_X86_64_64, lp_out_section_symbol(out, text), 0);
	lp_out_reloc(out, funcs, at + 16, R_X86_64_64,
		     lp_out_symbol(out, &(struct lp_symbol){ .name = f->name,
							     .value = (u64)(uintptr_t)f->old - bias,
							     .bind = STB_LOCAL,
							     .type = STT_FUNC,
							     .shndx = LP_SHN_ABS }),
		     0);
	return text;
}

static inline void rt_add_ranges(struct lp_out *out, const struct rt_spec *spec, u64 bias,
				 u32 strings)
{
	u32 sec = lp_out_section(out, LIVEPATCH_SEC_RANGES, SHT_PROGBITS, SHF_ALLOC, 8, 0);

	for (size_t i = 0; i < spec->n_ranges; i++) {
		const struct rt_range *r = &spec->ranges[i];
		struct livepatch_range raw = { .size = r->size };
		struct lp_symbol sym = { .name = r->name,
					 .value = r->addr - bias,
					 .type = STT_FUNC,
					 .shndx = LP_SHN_ABS };
		u64 name = lp_out_append(out, strings, r->name, strlen(r->name) + 1, 1);
		u64 at = lp_out_append(out, sec, &raw, sizeof(raw), 8);

		lp_out_reloc(out, sec, at, R_X86_64_64, lp_out_section_symbol(out, strings),
			     (s64)name);
		lp_out_reloc(out, sec, at + 8, R_X86_64_64, lp_out_symbol(out, &sym), 0);
	}
}

static inline void rt_add_tables(struct lp_out *out, const struct rt_spec *spec, u64 bias,
				 u32 strings)
{
	u32 sec = lp_out_section(out, LIVEPATCH_SEC_TABLES, SHT_PROGBITS, SHF_ALLOC, 8, 0);
	u32 images = lp_out_section(out, ".rodata.images", SHT_PROGBITS, SHF_ALLOC, 8, 0);

	for (size_t i = 0; i < spec->n_tables; i++) {
		const struct rt_table *t = &spec->tables[i];
		struct livepatch_table raw = { .size = t->size, .pad = t->pad };
		struct lp_symbol sym = { .name = t->name,
					 .value = t->addr - bias,
					 .type = STT_OBJECT,
					 .shndx = LP_SHN_ABS };
		u64 name = lp_out_append(out, strings, t->name, strlen(t->name) + 1, 1);
		u64 old = lp_out_append(out, images, t->old, t->old ? t->size : 0, 8);
		u64 new = lp_out_append(out, images, t->new, t->new ? t->size : 0, 8);
		u64 at = lp_out_append(out, sec, &raw, sizeof(raw), 8);

		lp_out_reloc(out, sec, at, R_X86_64_64, lp_out_section_symbol(out, strings),
			     (s64)name);
		lp_out_reloc(out, sec, at + 8, R_X86_64_64, lp_out_symbol(out, &sym), 0);
		lp_out_reloc(out, sec, at + 16, R_X86_64_64, lp_out_section_symbol(out, images),
			     (s64)old);
		lp_out_reloc(out, sec, at + 24, R_X86_64_64, lp_out_section_symbol(out, images),
			     (s64) new);
	}
}

static inline void rt_add_hooks(struct lp_out *out, const struct rt_spec *spec, u64 bias, u32 text)
{
	static const u8 zeros[8];
	u32 sec = 0;

	for (size_t i = 0; i < spec->n_hooks; i++) {
		const struct rt_hook *h = &spec->hooks[i];
		struct lp_symbol sym = { .name = "hook",
					 .value = h->addr - bias,
					 .type = STT_FUNC,
					 .shndx = LP_SHN_ABS };
		char name[64];

		snprintf(name, sizeof(name), "%s%s", LIVEPATCH_SEC_HOOKS, h->kind);
		if (!i || strcmp(h->kind, spec->hooks[i - 1].kind) != 0)
			sec = lp_out_section(out, name, SHT_PROGBITS, SHF_ALLOC, 8, 0);
		lp_out_reloc(out, sec, lp_out_append(out, sec, zeros, 8, 8), R_X86_64_64,
			     h->addr ? lp_out_symbol(out, &sym) : lp_out_section_symbol(out, text),
			     0);
	}
}

static inline void rt_add_notes(struct lp_out *out, const struct sb_exe *exe,
				const struct rt_spec *spec)
{
	u32 modinfo = lp_out_section(out, LIVEPATCH_SEC_MODINFO, SHT_PROGBITS, SHF_ALLOC, 1, 0);
	const char *info = lp_printf(&arena, "name=%s", spec->name);
	u8 id[LIVEPATCH_BUILD_ID_LEN];

	memset(id, spec->id, sizeof(id));
	lp_out_append(out, modinfo, info, strlen(info) + 1, 1);
	if (spec->replaces)
		lp_out_append(out, modinfo, "replace=1", sizeof("replace=1"), 1);
	if (spec->pins)
		lp_out_append(out, modinfo, "pins=1", sizeof("pins=1"), 1);
	rt_note(out, LIVEPATCH_SEC_BUILD_ID, id, sizeof(id));
	rt_note(out, LIVEPATCH_SEC_TARGET, spec->target ? spec->target : exe->build_id,
		spec->target ? spec->target_len : exe->build_id_len);
	rt_signature(out);
	if (spec->depends)
		rt_note(out, LIVEPATCH_SEC_DEPENDS, spec->depends, spec->depends_len);
}

static inline void rt_add_below(struct lp_out *out, const struct rt_spec *spec)
{
	u32 list = lp_out_section(out, LIVEPATCH_SEC_BELOW, SHT_PROGBITS, SHF_ALLOC, 8, 0);
	u32 data = lp_out_section(out, ".data.below", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, 0);

	lp_out_append(out, list, spec->below, spec->n_below * sizeof(*spec->below), 8);
	lp_out_append(out, data, NULL, spec->n_below * 8, 8);
	for (size_t i = 0; i < spec->n_below; i++) {
		struct lp_symbol sym = { .value = i * sizeof(*spec->below), .shndx = list };

		lp_out_reloc(out, data, 8 * i, R_X86_64_64, lp_out_symbol(out, &sym), 0);
	}
}

static inline void rt_add_frames(struct lp_out *out, const struct rt_spec *spec, u32 text)
{
	u32 frames = lp_out_section(out, ".eh_frame", SHT_PROGBITS, SHF_ALLOC, 8, 0);

	lp_out_append(out, frames, spec->frames, spec->frames_len, 8);
	lp_out_reloc(out, frames, spec->fde + 8, R_X86_64_PC32, lp_out_section_symbol(out, text),
		     0);
}

static inline void rt_add_import(struct lp_out *out, const struct rt_spec *spec)
{
	struct lp_symbol sym = { .name = spec->import, .bind = STB_GLOBAL, .shndx = SHN_UNDEF };
	u32 data = lp_out_section(out, ".data.import", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, 0);

	lp_out_append(out, data, NULL, 8, 8);
	lp_out_reloc(out, data, 0, R_X86_64_64, lp_out_symbol(out, &sym), 0);
}

static inline u8 *rt_payload(const struct sb_exe *exe, const struct rt_spec *spec, size_t *ret_len)
{
	struct lp_out *out = lp_out_create(&arena);
	bool has_funcs = spec->n || !(spec->n_tables + spec->n_hooks);
	u32 funcs =
		has_funcs ? lp_out_section(out, LIVEPATCH_SEC_FUNCS, SHT_PROGBITS, SHF_ALLOC, 8, 0)
			  : 0;
	u32 strings = lp_out_section(out, ".rodata.str", SHT_PROGBITS, SHF_ALLOC, 1, 0);
	u32 text = 0;
	u8 *ret;

	rt_add_notes(out, exe, spec);
	for (size_t i = 0; i < spec->n; i++) {
		u32 added = rt_add_func(out, &spec->funcs[i], exe->bias, funcs, strings);

		text = text ? text : added;
	}
	if (spec->n_tables)
		rt_add_tables(out, spec, exe->bias, strings);
	if (spec->n_hooks)
		rt_add_hooks(out, spec, exe->bias, text);
	if (spec->n_ranges)
		rt_add_ranges(out, spec, exe->bias, strings);
	if (spec->bss) {
		u32 bss = lp_out_section(out, ".bss.new", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 16, 0);

		lp_out_append(out, bss, NULL, spec->bss, 16);
	}
	if (spec->n_below)
		rt_add_below(out, spec);
	if (spec->frames)
		rt_add_frames(out, spec, text);
	if (spec->import)
		rt_add_import(out, spec);
	assert_ok(lp_out_bytes(out, &ret, ret_len));
	return ret;
}

/* The section header NAME of a payload made above, to be spoilt. */
static inline Elf64_Shdr *rt_shdr(u8 *file, const char *name)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)file;
	Elf64_Shdr *sh = (Elf64_Shdr *)(file + eh->e_shoff);
	const char *names = (const char *)file + sh[eh->e_shstrndx].sh_offset;

	for (unsigned i = 0; i < eh->e_shnum; i++)
		if (!strcmp(names + sh[i].sh_name, name))
			return &sh[i];
	print_error("no section '%s'\n", name);
	abort();
}

#endif
