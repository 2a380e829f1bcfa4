// SPDX-License-Identifier: GPL-2.0-or-later
/* Who the payload is: its build-id, which is a hash of its contents, and who says to have signed
 * it. */
#include <string.h>

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
	if (nhdr.n_namesz != NOTE_HEADER - sizeof(nhdr) ||
	    !lp_in_range(NOTE_HEADER, nhdr.n_descsz, sec->size))
		return NULL;
	*ret_len = nhdr.n_descsz;
	return sec->data + NOTE_HEADER;
}

const char *rv_note_id(const struct rv_maker *m, const char *section)
{
	size_t len;
	const u8 *id = note(m->input->payload, section, &len);

	return id ? lp_hex(m->arena, id, len) : NULL;
}

/* The place for a signature; false when the payload has none. */
static bool signature_of(const struct rv_maker *m, struct lp_payload_file *ret)
{
	const struct lp_elf *elf = m->input->payload;
	u8 *copy = lp_memdup(m->arena, elf->image, elf->image_size);
	struct lp_err *err = lp_payload_wrap(m->input->path, copy, elf->image_size, ret);
	bool has_place = !err;

	lp_err_destroy(err);
	return has_place;
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

bool rv_has_right_id(const struct rv_maker *m)
{
	const struct lp_elf *elf = m->input->payload;
	struct lp_payload_file file = { 0 };
	u8 hash[LP_SHA256_LEN], *copy;
	size_t len;
	const u8 *id = note(elf, LIVEPATCH_SEC_BUILD_ID, &len);

	if (!id || len != LIVEPATCH_BUILD_ID_LEN)
		return false;
	copy = lp_memdup(m->arena, elf->image, elf->image_size);
	memset(copy + file_offset(elf, lp_elf_section(elf, LIVEPATCH_SEC_BUILD_ID)) + NOTE_HEADER,
	       0, len);
	if (signature_of(m, &file))
		memset(copy + file.sign_off, 0, sizeof(struct livepatch_signature));
	lp_sha256(copy, elf->image_size, hash);
	return !memcmp(hash, id, len);
}

const char *rv_signer(const struct rv_maker *m)
{
	struct lp_payload_file file;
	struct livepatch_signature signature;

	if (!m->input->payload)
		return NULL;
	if (!signature_of(m, &file) || !lp_signature_get(&file, &signature))
		return "none";
	return lp_printf(m->arena, "says to be by key %s; check it with lpbuild verify",
			 lp_hex(m->arena, signature.key_id, sizeof(signature.key_id)));
}
