/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads an ELF file: header, sections and segments come through libelf and are checked
 * here; symbols, relocations and groups are then taken from the checked section bytes
 * (lib/elf_symbols.c, lib/elf_relocs.c).
 */
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf_load.h"
#include "lib/file.h"
#include "lib/zip.h"
#include "runtime/payload.h"

/* Enough for any executable with its debug information. */
#define MAX_FILE ((size_t)1 << 31)
/* All compressed sections of a file together, once inflated: debug information. Of a payload they
 * are texts (LIVEPATCH_MAX_TEXT). */
#define MAX_INFLATED ((size_t)1 << 30)
/* Of a section: a huge page. What is copied keeps its alignment, so that a wild one costs memory.
 */
#define MAX_ALIGN  ((u64)1 << 21)
#define MAX_NOBITS ((u64)1 << 40)
/* What `clang -flto` writes instead of an object. */
#define BITCODE_MAGIC "BC\xc0\xde"

struct lp_err *lp_elf_bad(const struct lp_elf_load *load, u32 idx, const char *fmt, ...)
{
	const char *name = load->sections[idx].name;
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	struct lp_err *err = lp_err(LP_FAILED, "%s: section '%s' [%u]: %s", load->elf->path,
				    name ? name : "?", idx, n < 0 ? "damaged" : text);

	if (n >= 0)
		free(text);
	return err;
}

static struct lp_err *check_ident(const struct lp_elf *elf)
{
	const u8 *id = elf->image;

	if (elf->image_size >= SELFMAG && memcmp(id, BITCODE_MAGIC, SELFMAG) == 0)
		return lp_err_advice(
			lp_err_rule(
				lp_err(LP_REFUSED, "%s: LLVM bitcode, not an ELF file", elf->path),
				"lto-bytecode"),
			"build the program and both objects without -flto");
	if (elf->image_size < SELFMAG || memcmp(id, ELFMAG, SELFMAG) != 0)
		return lp_err(LP_FAILED, "%s: not an ELF file", elf->path);
	if (elf->image_size < sizeof(Elf64_Ehdr))
		return lp_err(LP_FAILED, "%s: truncated: %zu bytes are less than an ELF header",
			      elf->path, elf->image_size);
	if (id[EI_CLASS] != ELFCLASS64 || id[EI_DATA] != ELFDATA2LSB ||
	    id[EI_VERSION] != EV_CURRENT)
		return lp_err(LP_FAILED, "%s: not a 64-bit little-endian ELF file", elf->path);
	return NULL;
}

static const char *type_name(u32 type)
{
	switch (type) {
	case ET_REL:
		return "a relocatable object";
	case ET_EXEC:
		return "an executable (not position-independent)";
	case ET_DYN:
		return "an executable or shared library";
	case ET_CORE:
		return "a core file";
	default:
		return "a file of unknown type";
	}
}

/* True if the N entries of SIZE bytes at OFF lie in the file. */
static bool table_fits(const struct lp_elf *elf, u64 off, u64 n, u64 size)
{
	return n <= elf->image_size / size && lp_in_range(off, n * size, elf->image_size);
}

static struct lp_err *check_header(struct lp_elf *elf, u32 want)
{
	Elf64_Ehdr ehdr;

	memcpy(&ehdr, elf->image, sizeof(ehdr));
	if (ehdr.e_machine != EM_X86_64)
		return lp_err(LP_FAILED, "%s: made for machine %u, not for x86-64", elf->path,
			      ehdr.e_machine);
	u32 is = ehdr.e_type == ET_REL ? LP_ELF_RELOCATABLE | LP_ELF_PAYLOAD
		 : ehdr.e_type == ET_EXEC || ehdr.e_type == ET_DYN ? LP_ELF_EXECUTABLE
								   : 0;

	if (!(is & want))
		return lp_err(
			LP_FAILED, "%s: is %s, but %s is wanted", elf->path, type_name(ehdr.e_type),
			want & (LP_ELF_RELOCATABLE | LP_ELF_PAYLOAD) ? "a relocatable object (.o)"
								     : "an executable");
	if (ehdr.e_version != EV_CURRENT || ehdr.e_ehsize != sizeof(Elf64_Ehdr))
		return lp_err(LP_FAILED, "%s: damaged ELF header", elf->path);
	if (ehdr.e_shoff && ehdr.e_shentsize != sizeof(Elf64_Shdr))
		return lp_err(LP_FAILED, "%s: section headers of %u bytes instead of %zu",
			      elf->path, ehdr.e_shentsize, sizeof(Elf64_Shdr));
	/* The table lies at the end: libelf takes a file that was cut off for one without it. With
	 * many sections e_shnum is 0 and the first header tells their number. */
	u64 n_sections = ehdr.e_shnum ? ehdr.e_shnum : 1;

	if (ehdr.e_shoff && !table_fits(elf, ehdr.e_shoff, n_sections, sizeof(Elf64_Shdr)))
		return lp_err(LP_FAILED,
			      "%s: truncated: section headers at offset 0x%llx, file has %zu bytes",
			      elf->path, (unsigned long long)ehdr.e_shoff, elf->image_size);
	if (ehdr.e_phnum && ehdr.e_phentsize != sizeof(Elf64_Phdr))
		return lp_err(LP_FAILED, "%s: program headers of %u bytes instead of %zu",
			      elf->path, ehdr.e_phentsize, sizeof(Elf64_Phdr));
	elf->type = ehdr.e_type;
	return NULL;
}

/* Takes over one section header; contents are still as in the file. */
static struct lp_err *take_section(struct lp_elf_load *load, u32 idx, const GElf_Shdr *shdr,
				   size_t n, u64 *total)
{
	struct lp_section *sec = &load->sections[idx];
	const struct lp_elf *elf = load->elf;

	*sec = (struct lp_section){ .type = shdr->sh_type,
				    .flags = shdr->sh_flags,
				    .addr = shdr->sh_addr,
				    .size = shdr->sh_size,
				    .align = shdr->sh_addralign,
				    .entsize = shdr->sh_entsize,
				    .link = shdr->sh_link,
				    .info = shdr->sh_info };
	if (sec->type == SHT_NULL) {
		*sec = (struct lp_section){ .type = SHT_NULL };
		return NULL;
	}
	if (sec->align > MAX_ALIGN)
		return lp_elf_bad(load, idx, "alignment %llu is larger than %llu",
				  (unsigned long long)sec->align, (unsigned long long)MAX_ALIGN);
	if (sec->align & (sec->align - 1))
		return lp_elf_bad(load, idx, "alignment %llu is not a power of two",
				  (unsigned long long)sec->align);
	if (sec->link >= n)
		return lp_elf_bad(load, idx, "links to section %u, but there are %zu", sec->link,
				  n);
	if (sec->type == SHT_NOBITS && sec->size > MAX_NOBITS)
		return lp_elf_bad(load, idx, "%llu bytes are more than any program has",
				  (unsigned long long)sec->size);
	if (sec->type == SHT_NOBITS)
		return NULL;
	if (!lp_in_range(shdr->sh_offset, sec->size, elf->image_size))
		return lp_elf_bad(load, idx,
				  "truncated: %llu bytes at offset 0x%llx, file has %zu bytes",
				  (unsigned long long)sec->size,
				  (unsigned long long)shdr->sh_offset, elf->image_size);
	sec->data = elf->image + shdr->sh_offset;
	*total += sec->size;
	/* Overlapping tables would let a small file ask for any amount of memory. */
	if (*total > elf->image_size)
		return lp_elf_bad(load, idx, "sections overlap in the file");
	return NULL;
}

static struct lp_err *name_sections(struct lp_elf_load *load, Elf *handle, u32 n)
{
	size_t strndx;

	if (elf_getshdrstrndx(handle, &strndx) < 0 || strndx == 0 || strndx >= n)
		return lp_err(LP_FAILED, "%s: damaged header: no section name table",
			      load->elf->path);
	const struct lp_section *tab = &load->sections[strndx];

	if (tab->type != SHT_STRTAB || !tab->size || tab->data[tab->size - 1])
		return lp_elf_bad(load, (u32)strndx, "is not a string table");
	for (u32 i = 1; i < n; i++) {
		GElf_Shdr shdr;

		if (!gelf_getshdr(elf_getscn(handle, i), &shdr) || shdr.sh_name >= tab->size)
			return lp_elf_bad(load, i, "its name lies outside of the name table");
		load->sections[i].name = (const char *)tab->data + shdr.sh_name;
		struct lp_map *names = &load->elf->section_names;

		if (lp_map_get_str(names, load->sections[i].name) == LP_MAP_NONE)
			lp_map_set_str(load->arena, names, load->sections[i].name, i);
	}
	load->sections[0].name = "";
	return NULL;
}

static struct lp_err *load_sections(struct lp_elf_load *load, Elf *handle)
{
	struct lp_elf *elf = load->elf;
	GElf_Ehdr ehdr;
	size_t n;
	u64 total = 0;

	if (!gelf_getehdr(handle, &ehdr) || elf_getshdrnum(handle, &n) < 0)
		return lp_err(LP_FAILED, "%s: damaged ELF header: %s", elf->path, elf_errmsg(-1));
	if (n == 0) {
		elf->sections = load->sections = lp_new(load->arena, struct lp_section);
		load->sections[0].name = "";
		elf->n_sections = 1;
		return NULL;
	}
	if (!table_fits(elf, ehdr.e_shoff, n, sizeof(Elf64_Shdr)))
		return lp_err(LP_FAILED,
			      "%s: truncated: %zu section headers at offset 0x%llx, file has %zu "
			      "bytes",
			      elf->path, n, (unsigned long long)ehdr.e_shoff, elf->image_size);
	elf->sections = load->sections = lp_new_array(load->arena, n, struct lp_section);
	elf->n_sections = (u32)n;
	for (u32 i = 0; i < n; i++) {
		GElf_Shdr shdr;

		if (!gelf_getshdr(elf_getscn(handle, i), &shdr))
			return lp_err(LP_FAILED, "%s: section header %u is damaged: %s", elf->path,
				      i, elf_errmsg(-1));
		LP_TRY(take_section(load, i, &shdr, n, &total));
	}
	return name_sections(load, handle, (u32)n);
}

/* A file made by `objcopy --only-keep-debug` has the segments of the program, not its bytes. */
static bool has_program_bytes(const struct lp_elf *elf)
{
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (sec->flags & SHF_ALLOC && sec->data && sec->type != SHT_NOTE)
			return true;
	}
	return false;
}

static struct lp_err *load_segments(struct lp_elf_load *load, Elf *handle)
{
	struct lp_elf *elf = load->elf;
	GElf_Ehdr ehdr;
	size_t n;

	if (elf_getphdrnum(handle, &n) < 0)
		return lp_err(LP_FAILED, "%s: damaged program headers: %s", elf->path,
			      elf_errmsg(-1));
	if (n &&
	    (!gelf_getehdr(handle, &ehdr) || !table_fits(elf, ehdr.e_phoff, n, sizeof(Elf64_Phdr))))
		return lp_err(LP_FAILED, "%s: truncated: %zu program headers do not fit", elf->path,
			      n);
	struct lp_segment *segs = lp_new_array(load->arena, n, struct lp_segment);
	bool is_whole = has_program_bytes(elf);

	for (u32 i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(handle, (int)i, &ph))
			return lp_err(LP_FAILED, "%s: program header %u is damaged: %s", elf->path,
				      i, elf_errmsg(-1));
		if (is_whole && !lp_in_range(ph.p_offset, ph.p_filesz, elf->image_size))
			return lp_err(LP_FAILED,
				      "%s: truncated: segment %u has %llu bytes at offset 0x%llx, "
				      "file has %zu bytes",
				      elf->path, i, (unsigned long long)ph.p_filesz,
				      (unsigned long long)ph.p_offset, elf->image_size);
		segs[i] = (struct lp_segment){ .type = ph.p_type,
					       .flags = ph.p_flags,
					       .off = ph.p_offset,
					       .vaddr = ph.p_vaddr,
					       .filesz = ph.p_filesz,
					       .memsz = ph.p_memsz,
					       .align = ph.p_align };
	}
	elf->segments = segs;
	elf->n_segments = (u32)n;
	return NULL;
}

static struct lp_err *inflate_sections(struct lp_elf_load *load, size_t left)
{

	for (u32 i = 1; i < load->elf->n_sections; i++) {
		struct lp_section *sec = &load->sections[i];
		u8 *data;
		size_t size;

		if (!(sec->flags & SHF_COMPRESSED))
			continue;
		if (!sec->data)
			return lp_elf_bad(load, i, "is compressed, but has no contents");
		struct lp_err *err =
			lp_unzip(load->arena, sec->data, sec->size, left, &data, &size);

		if (err)
			return lp_err_context(err, "while reading section '%s' [%u] of %s",
					      sec->name, i, load->elf->path);
		left -= size;
		sec->data = data;
		sec->size = size;
		sec->flags &= ~(u64)SHF_COMPRESSED;
	}
	return NULL;
}

/* Looks for NT_GNU_BUILD_ID in SIZE bytes of notes; damaged notes are passed over. */
static bool find_build_id(struct lp_elf *elf, const u8 *data, u64 size)
{
	for (u64 off = 0; lp_in_range(off, sizeof(Elf64_Nhdr), size);) {
		Elf64_Nhdr nhdr;

		memcpy(&nhdr, data + off, sizeof(nhdr));
		u64 name = off + sizeof(nhdr);
		u64 desc = name + lp_align(nhdr.n_namesz, 4);

		if (!lp_in_range(desc, nhdr.n_descsz, size))
			return false;
		if (nhdr.n_type == NT_GNU_BUILD_ID && nhdr.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(data + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) && nhdr.n_descsz) {
			elf->build_id = data + desc;
			elf->build_id_len = nhdr.n_descsz;
			return true;
		}
		off = desc + lp_align(nhdr.n_descsz, 4);
	}
	return false;
}

static void load_build_id(struct lp_elf *elf)
{
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (sec->type == SHT_NOTE && find_build_id(elf, sec->data, sec->size))
			return;
	}
	for (u32 i = 0; i < elf->n_segments; i++) {
		const struct lp_segment *seg = &elf->segments[i];

		if (seg->type == PT_NOTE && lp_in_range(seg->off, seg->filesz, elf->image_size) &&
		    find_build_id(elf, elf->image + seg->off, seg->filesz))
			return;
	}
}

static struct lp_err *load_all(struct lp_elf_load *load, Elf *handle, u32 want)
{
	if (!handle || elf_kind(handle) != ELF_K_ELF)
		return lp_err(LP_FAILED, "%s: libelf cannot read it: %s", load->elf->path,
			      elf_errmsg(-1));
	LP_TRY(load_sections(load, handle));
	LP_TRY(load_segments(load, handle));
	LP_TRY(inflate_sections(load, want & LP_ELF_PAYLOAD ? LIVEPATCH_MAX_TEXT : MAX_INFLATED));
	LP_TRY(lp_elf_load_symbols(load));
	LP_TRY(lp_elf_load_relocs(load));
	LP_TRY(lp_elf_load_groups(load));
	load_build_id(load->elf);
	return NULL;
}

struct lp_err *lp_elf_load_mem(struct lp_arena *arena, const char *name, const u8 *image,
			       size_t size, u32 want, const struct lp_elf **ret)
{
	struct lp_elf *elf = lp_new(arena, struct lp_elf);
	struct lp_elf_load load = { .arena = arena, .elf = elf };

	elf->path = lp_strdup(arena, name);
	elf->image = image;
	elf->image_size = size;
	LP_TRY(check_ident(elf));
	LP_TRY(check_header(elf, want));
	if (elf_version(EV_CURRENT) == EV_NONE)
		return lp_err(LP_FAILED, "libelf is too old: %s", elf_errmsg(-1));
	/* libelf takes a writable image; nothing here asks it to write. */
	Elf *handle = elf_memory((char *)(uintptr_t)image, size);
	struct lp_err *err = load_all(&load, handle, want);

	elf_end(handle);
	if (!err)
		*ret = elf;
	return err;
}

struct lp_err *lp_elf_load(struct lp_arena *arena, const char *path, u32 want,
			   const struct lp_elf **ret)
{
	u8 *image;
	size_t size;

	LP_TRY(lp_file_read(arena, path, MAX_FILE, &image, &size));
	return lp_elf_load_mem(arena, path, image, size, want, ret);
}
