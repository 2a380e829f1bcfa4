/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes an ELF64 x86-64 relocatable file that starts from empty. The layout is
 *
 *   ELF header | contents of the sections | .rela* | .symtab | (.symtab_shndx) | .strtab
 *   | .shstrtab | section headers
 *
 * and depends on nothing but the calls that were made.
 */
#include <string.h>

#include "lib/elf_out.h"
#include "lib/file.h"

/* The sections that the writer adds behind those of the caller. */
struct image {
	struct lp_arena *arena;
	LP_VEC(struct lp_out_sec) sections; /* all of them, in file order */
	u32 *file_sym;			    /* index in the file of each symbol id */
	u32 *sym_ids;			    /* the way back */
	u32 n_locals;			    /* symbols before the first global one */
	u32 symtab, shstrtab;
};

struct strtab { /* strings end to end, each text once */
	struct lp_map known;
	struct lp_out_sec sec;
};

static u32 strtab_add(struct lp_arena *arena, struct strtab *tab, const char *text)
{
	u32 off = lp_map_get_str(&tab->known, text);

	if (off != LP_MAP_NONE)
		return off;
	size_t len = strlen(text) + 1;

	off = (u32)tab->sec.size;
	lp_out_reserve(arena, &tab->sec, len);
	memcpy(tab->sec.data + off, text, len);
	tab->sec.size += len;
	lp_map_set_str(arena, &tab->known, text, off);
	return off;
}

/* Local symbols before global ones, as ELF demands, and FILE symbols first of all. */
static int rank(const struct lp_symbol *sym)
{
	if (sym->bind != STB_LOCAL)
		return 2;
	return sym->type != STT_FILE;
}

static void order_symbols(const struct lp_out *out, struct image *img)
{
	u32 next = 1;

	img->file_sym = lp_new_array(img->arena, out->symbols.n, u32);
	img->sym_ids = lp_new_array(img->arena, out->symbols.n, u32);
	for (int want = 0; want <= 2; want++) {
		if (want == 2)
			img->n_locals = next;
		for (u32 id = 1; id < out->symbols.n; id++) {
			if (rank(&out->symbols.items[id]) != want)
				continue;
			img->sym_ids[next] = id;
			img->file_sym[id] = next++;
		}
	}
}

static void add_relas(const struct lp_out *out, struct image *img)
{
	for (u32 i = 1; i < out->sections.n; i++) {
		const struct lp_out_sec *target = &out->sections.items[i];
		u64 n = target->relocs.n;

		if (!n)
			continue;
		struct lp_out_sec rela = { .name = lp_printf(img->arena, ".rela%s", target->name),
					   .type = SHT_RELA,
					   .flags = SHF_INFO_LINK,
					   .align = 8,
					   .entsize = sizeof(Elf64_Rela),
					   .info = i };

		lp_out_reserve(img->arena, &rela, n * sizeof(Elf64_Rela));
		for (u32 k = 0; k < n; k++) {
			const struct lp_out_rel *rel = &target->relocs.items[k];
			Elf64_Rela raw = { .r_offset = rel->off,
					   .r_info = ELF64_R_INFO((u64)img->file_sym[rel->sym_id],
								  rel->type),
					   .r_addend = rel->addend };

			memcpy(rela.data + k * sizeof(raw), &raw, sizeof(raw));
		}
		rela.size = n * sizeof(Elf64_Rela);
		lp_vec_push(img->arena, &img->sections, rela);
	}
}

/* st_shndx; REAL is the value for .symtab_shndx. */
static u16 file_shndx(u32 shndx, u32 *real)
{
	*real = 0;
	if (shndx == LP_SHN_ABS)
		return SHN_ABS;
	if (shndx == LP_SHN_COMMON)
		return SHN_COMMON;
	if (shndx < SHN_LORESERVE)
		return (u16)shndx;
	*real = shndx;
	return SHN_XINDEX;
}

static void add_symtab(const struct lp_out *out, struct image *img)
{
	u64 n = out->symbols.n;
	bool is_large = out->sections.n >= SHN_LORESERVE;
	struct lp_out_sec tab = { .name = ".symtab",
				  .type = SHT_SYMTAB,
				  .align = 8,
				  .entsize = sizeof(Elf64_Sym),
				  .info = img->n_locals };
	struct lp_out_sec large = { .name = ".symtab_shndx",
				    .type = SHT_SYMTAB_SHNDX,
				    .align = 4,
				    .entsize = sizeof(u32) };
	struct strtab strtab = { .sec = { .name = ".strtab", .type = SHT_STRTAB, .align = 1 } };

	strtab_add(img->arena, &strtab, "");
	lp_out_reserve(img->arena, &tab, n * sizeof(Elf64_Sym));
	lp_out_reserve(img->arena, &large, n * sizeof(u32));
	for (u32 i = 1; i < n; i++) {
		const struct lp_symbol *sym = &out->symbols.items[img->sym_ids[i]];
		u32 real;
		Elf64_Sym raw = { .st_name = strtab_add(img->arena, &strtab, sym->name),
				  .st_info = (u8)ELF64_ST_INFO(sym->bind, sym->type),
				  .st_other = sym->vis,
				  .st_shndx = file_shndx(sym->shndx, &real),
				  .st_value = sym->value,
				  .st_size = sym->size };

		memcpy(tab.data + i * sizeof(raw), &raw, sizeof(raw));
		memcpy(large.data + i * sizeof(real), &real, sizeof(real));
	}
	tab.size = n * sizeof(Elf64_Sym);
	large.size = n * sizeof(u32);
	img->symtab = (u32)img->sections.n;
	large.link = img->symtab;
	tab.link = img->symtab + 1 + is_large;
	lp_vec_push(img->arena, &img->sections, tab);
	if (is_large)
		lp_vec_push(img->arena, &img->sections, large);
	lp_vec_push(img->arena, &img->sections, strtab.sec);
}

/* What the caller could not know: where the symbol table is, and which index a symbol got. */
static void fix_links(struct image *img)
{
	for (u32 i = 1; i < img->sections.n; i++) {
		struct lp_out_sec *sec = &img->sections.items[i];

		if (sec->type == SHT_RELA)
			sec->link = img->symtab;
		if (sec->type == SHT_GROUP) {
			sec->link = img->symtab;
			sec->info = img->file_sym[sec->info];
		}
	}
}

/* Adds .shstrtab; gives the name offset of each section. */
static u32 *name_sections(struct image *img)
{
	struct strtab names = { .sec = { .name = ".shstrtab", .type = SHT_STRTAB, .align = 1 } };

	img->shstrtab = (u32)img->sections.n;
	lp_vec_push(img->arena, &img->sections, names.sec);
	u32 *offs = lp_new_array(img->arena, img->sections.n, u32);

	strtab_add(img->arena, &names, "");
	for (u32 i = 1; i < img->sections.n; i++)
		offs[i] = strtab_add(img->arena, &names, img->sections.items[i].name);
	img->sections.items[img->shstrtab] = names.sec;
	return offs;
}

static void put_header(u8 *bytes, const struct image *img, u64 shoff)
{
	u64 n = img->sections.n;
	Elf64_Ehdr ehdr = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE },
			    .e_type = ET_REL,
			    .e_machine = EM_X86_64,
			    .e_version = EV_CURRENT,
			    .e_shoff = shoff,
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_shentsize = sizeof(Elf64_Shdr),
			    .e_shnum = n < SHN_LORESERVE ? (u16)n : 0,
			    .e_shstrndx = img->shstrtab < SHN_LORESERVE ? (u16)img->shstrtab
									: SHN_XINDEX };
	Elf64_Shdr first = { .sh_size = n < SHN_LORESERVE ? 0 : n,
			     .sh_link = img->shstrtab < SHN_LORESERVE ? 0 : img->shstrtab };

	memcpy(bytes, &ehdr, sizeof(ehdr));
	memcpy(bytes + shoff, &first, sizeof(first));
}

/* Where a section lies in the file; nobody maps an object file as it is, so that more than a page
 * would only be a hole. */
static u64 file_offset(u64 off, const struct lp_out_sec *sec)
{
	return lp_align(off, sec->align < 4096 ? sec->align : 4096);
}

static void put_sections(u8 *bytes, const struct image *img, const u32 *names, u64 shoff)
{
	u64 off = sizeof(Elf64_Ehdr);

	for (u32 i = 1; i < img->sections.n; i++) {
		const struct lp_out_sec *sec = &img->sections.items[i];
		u64 at = file_offset(off, sec);
		Elf64_Shdr shdr = { .sh_name = names[i],
				    .sh_type = sec->type,
				    .sh_flags = sec->flags,
				    .sh_offset = at,
				    .sh_size = sec->size,
				    .sh_link = sec->link,
				    .sh_info = sec->info,
				    .sh_addralign = sec->align,
				    .sh_entsize = sec->entsize };

		memcpy(bytes + shoff + i * sizeof(shdr), &shdr, sizeof(shdr));
		if (sec->type == SHT_NOBITS)
			continue;
		if (sec->size)
			memcpy(bytes + at, sec->data, sec->size);
		off = at + sec->size;
	}
}

/* Offset of the section headers, behind all contents. */
static u64 header_offset(const struct image *img)
{
	u64 off = sizeof(Elf64_Ehdr);

	for (u32 i = 1; i < img->sections.n; i++) {
		const struct lp_out_sec *sec = &img->sections.items[i];

		if (sec->type != SHT_NOBITS)
			off = file_offset(off, sec) + sec->size;
	}
	return lp_align(off, 8);
}

struct lp_err *lp_out_bytes(struct lp_out *out, u8 **ret, size_t *ret_len)
{
	struct image img = { .arena = out->arena };

	for (u32 i = 0; i < out->sections.n; i++)
		lp_vec_push(img.arena, &img.sections, out->sections.items[i]);
	order_symbols(out, &img);
	add_relas(out, &img);
	add_symtab(out, &img);
	fix_links(&img);
	const u32 *names = name_sections(&img);
	u64 shoff = header_offset(&img);
	u64 len = shoff + img.sections.n * sizeof(Elf64_Shdr);

	if (img.sections.items[img.shstrtab].size > UINT32_MAX || out->symbols.n > UINT32_MAX)
		return lp_err(LP_FAILED, "object is too large to be written");
	u8 *bytes = lp_alloc(out->arena, len);

	put_header(bytes, &img, shoff);
	put_sections(bytes, &img, names, shoff);
	*ret = bytes;
	*ret_len = len;
	return NULL;
}

struct lp_err *lp_out_write(struct lp_out *out, const char *path)
{
	u8 *bytes;
	size_t len;

	LP_TRY(lp_out_bytes(out, &bytes, &len));
	return lp_file_write(path, bytes, len);
}
