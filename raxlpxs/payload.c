/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/payload.h"

#include <string.h>

#include "lib/elf.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/sign.h"
#include "raxlpxs/client.h"

#define SUFFIX	     ".raxlpxs"
#define XEN_TARGET   ".livepatch.xen_depends"
#define NOTE_HEADER  16 /* namesz, descsz, type, "GNU\0" */
#define MAX_MANIFEST ((size_t)LIVEPATCH_MAX_SIZE)

struct reader {
	struct lp_arena *arena;
	const struct lp_elf *elf;
	struct lp_payload *payload;
};

/* The section of that name with contents, or NULL. */
static const struct lp_section *section(const struct reader *r, const char *name)
{
	u32 idx = lp_elf_section(r->elf, name);
	const struct lp_section *s = &r->elf->sections[idx];

	return idx && s->data ? s : NULL;
}

static char *printable(const struct reader *r, const char *text)
{
	char *copy = lp_strdup(r->arena, text);

	lp_printable(copy);
	return copy;
}

/* ---- notes and texts ---- */

/* The bytes of the one build-id in the note section NAME. */
static const u8 *note(const struct reader *r, const char *name, size_t *ret_len)
{
	const struct lp_section *s = section(r, name);
	u32 header[3];

	*ret_len = 0;
	if (!s || s->type != SHT_NOTE || s->size < NOTE_HEADER)
		return NULL;
	memcpy(header, s->data, sizeof(header));
	if (header[0] != 4 || header[2] != NT_GNU_BUILD_ID || !header[1] ||
	    header[1] > LIVEPATCH_MAX_BUILD_ID || header[1] > s->size - NOTE_HEADER ||
	    memcmp(s->data + sizeof(header), "GNU", 4) != 0)
		return NULL;
	*ret_len = header[1];
	return s->data + NOTE_HEADER;
}

static const char *note_hex(const struct reader *r, const char *name)
{
	size_t len;
	const u8 *id = note(r, name, &len);

	return id ? lp_hex(r->arena, id, len) : NULL;
}

static const char *modinfo(const struct reader *r, const char *key)
{
	const struct lp_section *s = section(r, LIVEPATCH_SEC_MODINFO);
	size_t n = strlen(key);
	const char *text;

	for (u64 off = 0; s && (text = lp_section_string(s, off)); off += strlen(text) + 1)
		if (!strncmp(text, key, n) && text[n] == '=')
			return printable(r, text + n + 1);
	return NULL;
}

/* Where the file holds section IDX; the loader has checked that it does. */
static u64 file_offset(const struct lp_elf *elf, u32 idx)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;

	memcpy(&eh, elf->image, sizeof(eh));
	memcpy(&sh, elf->image + eh.e_shoff + idx * sizeof(sh), sizeof(sh));
	return sh.sh_offset;
}

/* The id that extract-patch gave the file: its hash, with the id and the signature as zeros. */
static void read_ids(const struct reader *r, const struct lp_payload_file *file)
{
	struct lp_payload *p = r->payload;
	u8 *copy = lp_memdup(r->arena, r->elf->image, r->elf->image_size);
	u32 idx = lp_elf_section(r->elf, LIVEPATCH_SEC_BUILD_ID);
	u8 hash[LP_SHA256_LEN];
	size_t len;
	const u8 *id = note(r, LIVEPATCH_SEC_BUILD_ID, &len);

	p->depends = note_hex(r, LIVEPATCH_SEC_DEPENDS);
	p->target = note_hex(r, LIVEPATCH_SEC_TARGET);
	if (!p->target)
		p->target = note_hex(r, XEN_TARGET);
	if (!id || len != LIVEPATCH_BUILD_ID_LEN)
		return;
	p->build_id = lp_hex(r->arena, id, len);
	memset(copy + file_offset(r->elf, idx) + NOTE_HEADER, 0, len);
	if (file)
		memset(copy + file->sign_off, 0, sizeof(struct livepatch_signature));
	lp_sha256(copy, r->elf->image_size, hash);
	p->content_id = lp_hex(r->arena, hash, len);
	p->has_right_id = !memcmp(hash, id, len);
}

/* ---- what it changes ---- */

/* The string that the pointer at OFF of section IDX leads to. */
static const char *name_at(const struct reader *r, u32 idx, u64 off)
{
	const struct lp_section *s = &r->elf->sections[idx];

	for (u32 i = 0; i < s->n_rels; i++) {
		const struct lp_reloc *rel = &r->elf->rels[s->rel_first + i];
		const struct lp_symbol *sym = &r->elf->symbols[rel->sym];
		const char *text;

		if (rel->off != off || sym->shndx >= r->elf->n_sections)
			continue;
		if (!r->elf->sections[sym->shndx].data)
			break;
		text = lp_section_string(&r->elf->sections[sym->shndx],
					 sym->value + (u64)rel->addend);
		return text ? printable(r, text) : "?";
	}
	return "?";
}

static void read_funcs(const struct reader *r)
{
	u32 idx = lp_elf_section(r->elf, LIVEPATCH_SEC_FUNCS);
	const struct lp_section *s = section(r, LIVEPATCH_SEC_FUNCS);
	struct lp_payload *p = r->payload;
	u64 n = s ? s->size / sizeof(struct livepatch_func) : 0;

	p->n_funcs = n < LIVEPATCH_MAX_FUNCS ? n : LIVEPATCH_MAX_FUNCS;
	p->funcs = lp_new_array(r->arena, p->n_funcs, struct lp_payload_func);
	for (size_t i = 0; i < p->n_funcs; i++) {
		u64 off = i * sizeof(struct livepatch_func);
		struct livepatch_func raw;

		memcpy(&raw, s->data + off, sizeof(raw));
		p->funcs[i] = (struct lp_payload_func){ .name = name_at(r, idx, off),
							.old_size = raw.old_size,
							.new_size = raw.new_size };
	}
}

static bool is_placed(const struct lp_section *s)
{
	return s->flags & SHF_ALLOC && s->type != SHT_NOTE &&
	       strncmp(s->name, ".livepatch.", strlen(".livepatch.")) != 0 &&
	       strcmp(s->name, LIVEPATCH_SEC_MODINFO) != 0;
}

static void read_sizes(const struct reader *r)
{
	struct lp_payload *p = r->payload;

	for (u32 i = 1; i < r->elf->n_sections; i++) {
		const struct lp_section *s = &r->elf->sections[i];

		if (!strcmp(s->name, LIVEPATCH_SEC_TABLES))
			p->n_tables += s->size / sizeof(struct livepatch_table);
		if (!strncmp(s->name, LIVEPATCH_SEC_HOOKS, strlen(LIVEPATCH_SEC_HOOKS)))
			p->n_hooks += s->size / 8;
		if (is_placed(s))
			*(s->flags & SHF_EXECINSTR ? &p->text_size
			  : s->flags & SHF_WRITE   ? &p->data_size
						   : &p->rodata_size) += s->size;
	}
}

/* ---- does it agree? ---- */

static void check_signature(const struct reader *r, const struct lp_payload_file *file,
			    const struct lp_public_key *keys, size_t n)
{
	struct lp_payload *p = r->payload;
	struct livepatch_signature signature;
	struct lp_err *err;

	if (!file || !lp_signature_get(file, &signature)) {
		if (n)
			p->sign_why = lp_printf(r->arena, "'%s' is not signed", p->path);
		return;
	}
	p->key_id = lp_hex(r->arena, signature.key_id, sizeof(signature.key_id));
	p->is_signed = LP_SIGNED_UNCHECKED;
	if (!n)
		return;
	err = lp_sign_verify(r->arena, file, keys, n);
	p->is_signed = err ? LP_SIGNED_BAD : LP_SIGNED_GOOD;
	p->sign_why = err ? lp_strdup(r->arena, lp_err_message(err)) : NULL;
	lp_err_destroy(err);
}

static const char *beside(struct lp_arena *arena, const char *path)
{
	size_t len = strlen(path), n = strlen(SUFFIX);

	if (len > n && !strcmp(path + len - n, SUFFIX))
		len -= n;
	return lp_printf(arena, "%.*s.yaml", (int)len, path);
}

static struct lp_err *compare_manifest(const struct reader *r)
{
	const struct lp_section *s = section(r, LIVEPATCH_SEC_MANIFEST);
	struct lp_payload *p = r->payload;
	bool is_there;
	size_t len;
	u8 *text;

	p->manifest_path = beside(r->arena, p->path);
	is_there = lp_file_exists(p->manifest_path);
	p->manifest = is_there ? LP_MANIFEST_DIFFERS : s ? LP_MANIFEST_ALONE : LP_MANIFEST_NONE;
	if (!is_there || !s)
		return NULL;
	LP_TRY(lp_file_read(r->arena, p->manifest_path, MAX_MANIFEST, &text, &len));
	if (len == s->size && !memcmp(text, s->data, len))
		p->manifest = LP_MANIFEST_SAME;
	return NULL;
}

static struct lp_err *read(struct reader *r, u8 *bytes, size_t len,
			   const struct lp_public_key *keys, size_t n)
{
	struct lp_payload *p = r->payload;
	struct lp_payload_file file, *place = &file;
	struct lp_err *err;

	LP_TRY(lp_elf_load_mem(r->arena, p->path, bytes, len, LP_ELF_RELOCATABLE, &r->elf));
	if (!section(r, LIVEPATCH_SEC_TARGET) && !section(r, XEN_TARGET))
		return lp_err_advice(lp_err(LP_FAILED, "'%s' is not a payload", p->path),
				     "lpbuild and extract-patch write payloads as NAME.raxlpxs");
	err = lp_payload_wrap(p->path, bytes, len, &file);
	if (err)
		place = NULL;
	lp_err_destroy(err);
	p->name = modinfo(r, "name");
	p->builder = modinfo(r, "builder");
	p->summary = modinfo(r, "summary");
	p->source_sha256 = modinfo(r, "source-sha256");
	read_ids(r, place);
	read_funcs(r);
	read_sizes(r);
	check_signature(r, place, keys, n);
	return NULL;
}

struct lp_err *lp_payload_parse(struct lp_arena *arena, const char *path, u8 *bytes, size_t len,
				const struct lp_public_key *keys, size_t n, struct lp_payload *ret)
{
	struct reader r = { .arena = arena, .payload = ret };

	*ret = (struct lp_payload){ .path = path, .size = len };
	return read(&r, bytes, len, keys, n);
}

struct lp_err *lp_payload_open(struct lp_arena *arena, const char *path,
			       const struct lp_public_key *keys, size_t n, struct lp_payload *ret)
{
	struct reader r = { .arena = arena, .payload = ret };
	size_t len;
	u8 *bytes;

	*ret = (struct lp_payload){ .path = path };
	LP_TRY(lp_file_read(arena, path, LIVEPATCH_MAX_SIZE, &bytes, &len));
	ret->size = len;
	LP_TRY(read(&r, bytes, len, keys, n));
	return compare_manifest(&r);
}
