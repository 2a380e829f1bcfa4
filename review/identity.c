// SPDX-License-Identifier: GPL-2.0-or-later
/* Who the payload is: its build-id, which is a hash of its contents, what it is made for, and who
 * has signed it. */
#include <string.h>

#include "extract-patch/flavour.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/sign.h"
#include "review/model.h"

#define NOTE_HEADER 16 /* namesz, descsz, type, "GNU\0" */

/* The descriptor of the note SECTION, if it is one of "GNU"; NULL otherwise. */
static const u8 *note(const struct lp_elf *elf, const char *section, size_t *ret_len)
{
	const struct lp_section *sec = &elf->sections[lp_elf_section(elf, section)];
	Elf64_Nhdr nhdr;

	if (!sec->data || sec->size < NOTE_HEADER)
		return NULL;
	memcpy(&nhdr, sec->data, sizeof(nhdr));
	if (nhdr.n_namesz != NOTE_HEADER - sizeof(nhdr) || nhdr.n_descsz > LIVEPATCH_MAX_BUILD_ID ||
	    !lp_in_range(NOTE_HEADER, nhdr.n_descsz, sec->size))
		return NULL;
	*ret_len = nhdr.n_descsz;
	return sec->data + NOTE_HEADER;
}

const char *rv_note_id(struct lp_arena *arena, const struct lp_elf *elf, const char *section)
{
	size_t len;
	const u8 *id = note(elf, section, &len);

	return id ? lp_hex(arena, id, len) : NULL;
}

const char *rv_modinfo(const struct lp_elf *elf, const char *key)
{
	const struct lp_section *sec = &elf->sections[lp_elf_section(elf, LIVEPATCH_SEC_MODINFO)];
	size_t len = strlen(key);
	const char *line;

	for (u64 off = 0; sec->data && (line = lp_section_string(sec, off)) != NULL;
	     off += strlen(line) + 1)
		if (!strncmp(line, key, len) && line[len] == '=')
			return line + len + 1;
	return NULL;
}

/* Where the file holds section IDX; the loader has checked that it does. */
static u64 file_offset(const struct lp_elf *elf, u32 idx)
{
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;

	memcpy(&ehdr, elf->image, sizeof(ehdr));
	memcpy(&shdr, elf->image + ehdr.e_shoff + idx * sizeof(shdr), sizeof(shdr));
	return shdr.sh_offset;
}

/* FILE is NULL when there is no place for a signature. */
static void check_build_id(struct rv_maker *m, const struct lp_payload_file *file)
{
	const struct lp_elf *elf = m->input->payload;
	u8 hash[LP_SHA256_LEN], *copy;
	size_t len;
	const u8 *id = note(elf, LIVEPATCH_SEC_BUILD_ID, &len);
	bool is_right = false;

	if (id && len == LIVEPATCH_BUILD_ID_LEN) {
		copy = lp_memdup(m->arena, elf->image, elf->image_size);
		memset(copy + file_offset(elf, lp_elf_section(elf, LIVEPATCH_SEC_BUILD_ID)) +
			       NOTE_HEADER,
		       0, len);
		if (file)
			memset(copy + file->sign_off, 0, sizeof(struct livepatch_signature));
		lp_sha256(copy, elf->image_size, hash);
		is_right = !memcmp(hash, id, len);
	}
	if (is_right)
		rv_check_row(
			m, RV_GOOD,
			"the payload is as it was built: its build-id is the hash of the rest");
	else
		rv_check_row(m, RV_BAD,
			     "the payload was changed: its build-id is not the hash of the rest");
}

static void check_signature(struct rv_maker *m, const struct lp_payload_file *file)
{
	const struct rv_input *input = m->input;
	struct rv_identity *id = &m->doc->identity;
	struct livepatch_signature signature;
	struct lp_err *err;

	if (!file || !lp_signature_get(file, &signature)) {
		if (input->n_keys)
			rv_check_row(m, RV_BAD, "the payload is not signed");
		return;
	}
	id->key_id = lp_hex(m->arena, signature.key_id, sizeof(signature.key_id));
	id->is_signed = RV_SIGNED_UNCHECKED;
	if (!input->n_keys)
		return;
	err = lp_sign_verify(m->arena, file, input->keys, input->n_keys);
	id->is_signed = err ? RV_SIGNED_BAD : RV_SIGNED_GOOD;
	if (err)
		rv_check_row(m, RV_BAD, "%s", lp_err_message(err));
	else
		rv_check_row(m, RV_GOOD, "the signature is that of key %s", id->key_id);
	lp_err_destroy(err);
}

void rv_identify(struct rv_maker *m)
{
	const struct lp_elf *elf = m->input->payload;
	struct rv_identity *id = &m->doc->identity;
	const char *replaces = rv_modinfo(elf, "replace");
	struct lp_payload_file file, *place = &file;
	struct lp_err *err = lp_payload_wrap(lp_basename(m->input->path),
					     lp_memdup(m->arena, elf->image, elf->image_size),
					     elf->image_size, &file);

	if (err)
		place = NULL;
	lp_err_destroy(err);
	id->build_id = rv_note_id(m->arena, elf, LIVEPATCH_SEC_BUILD_ID);
	id->target = rv_note_id(m->arena, elf, rv_flavour(m)->target_section);
	id->depends = rv_note_id(m->arena, elf, LIVEPATCH_SEC_DEPENDS);
	if (id->depends && id->target && !strcmp(id->depends, id->target))
		id->depends = NULL;
	id->replaces = replaces && !strcmp(replaces, "1");
	check_build_id(m, place);
	check_signature(m, place);
}

const char *rv_signer(const struct rv_maker *m)
{
	const struct rv_identity *id = &m->doc->identity;

	if (!m->input->payload)
		return NULL;
	switch (id->is_signed) {
	case RV_SIGNED_NO:
		break;
	case RV_SIGNED_UNCHECKED:
		return lp_printf(m->arena, "says to be by key %s; give it with --key to check it",
				 id->key_id);
	case RV_SIGNED_GOOD:
		return lp_printf(m->arena, "good, by key %s", id->key_id);
	case RV_SIGNED_BAD:
		return lp_printf(m->arena, "BAD, says to be by key %s", id->key_id);
	}
	return "none";
}
