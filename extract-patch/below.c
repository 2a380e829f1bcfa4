// SPDX-License-Identifier: GPL-2.0-or-later
/* The patches that lie below this one: --depends names each by its build-id or as a file. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"
#include "lib/file.h"
#include "runtime/payload.h"

/* The bytes of TEXT, which is a build-id written in hex; 0 when it is none. */
static size_t parse_build_id(const char *text, u8 *ret)
{
	size_t len = strlen(text) / 2;

	if (!len || len > LIVEPATCH_MAX_BUILD_ID || strlen(text) % 2)
		return 0;
	for (size_t i = 0; i < len; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1] };

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			return 0;
		ret[i] = (u8)strtoul(pair, NULL, 16);
	}
	return len;
}

const char *ep_payload_patch_name(const struct lp_elf *payload)
{
	static const char key[] = "name=";
	const struct lp_section *info =
		&payload->sections[lp_elf_section(payload, LIVEPATCH_SEC_MODINFO)];
	const char *line;

	for (u64 off = 0; info->data && (line = lp_section_string(info, off)) != NULL;
	     off += strlen(line) + 1)
		if (!strncmp(line, key, sizeof(key) - 1))
			return line + sizeof(key) - 1;
	return NULL;
}

static bool is_below(const struct ep_patch *patch, const struct ep_below *below)
{
	for (size_t i = 0; i < patch->below.n; i++)
		if (patch->below.items[i].build_id_len == below->build_id_len &&
		    !memcmp(patch->below.items[i].build_id, below->build_id, below->build_id_len))
			return true;
	return false;
}

struct lp_err *ep_add_below(struct ep_patch *patch, const char *text)
{
	struct ep_below below = { 0 };
	u8 id[LIVEPATCH_MAX_BUILD_ID];

	if (!lp_file_exists(text)) {
		below.build_id_len = parse_build_id(text, id);
		below.build_id = lp_memdup(patch->arena, id, below.build_id_len);
	} else {
		LP_TRY(lp_elf_load(patch->arena, text, LP_ELF_PAYLOAD, &below.payload));
		below.build_id = below.payload->build_id;
		below.build_id_len = below.payload->build_id_len;
	}
	if (!below.build_id_len || below.build_id_len > LIVEPATCH_MAX_BUILD_ID)
		return lp_err_advice(
			lp_err(LP_USAGE, "'%s' is neither a build-id nor a payload with one", text),
			"--depends wants 40 hex digits or the file of the patch below");
	if (is_below(patch, &below))
		return lp_err(LP_USAGE, "--depends '%s' is given twice", text);
	lp_vec_push(patch->arena, &patch->below, below);
	return NULL;
}

/* The build-id in the note SECTION, behind its header and "GNU". */
static bool note_is(const struct lp_elf *elf, const char *section, const u8 *id, size_t len)
{
	const struct lp_section *sec = &elf->sections[lp_elf_section(elf, section)];
	Elf64_Nhdr note;
	const size_t start = sizeof(note) + 4;

	if (!sec->data || sec->size < start)
		return false;
	memcpy(&note, sec->data, sizeof(note));
	return note.n_descsz == len && lp_in_range(start, len, sec->size) &&
	       !memcmp(sec->data + start, id, len);
}

struct lp_err *ep_check_below(const struct ep_patch *patch)
{
	const struct lp_elf *target = patch->target->elf;

	for (size_t i = 0; i < patch->below.n; i++) {
		const struct lp_elf *elf = patch->below.items[i].payload;

		if (elf && !note_is(elf, patch->target->flavour->target_section, target->build_id,
				    target->build_id_len))
			return ep_refuse("depends-mismatch", "'%s' was not made for '%s'",
					 elf->path, target->path);
	}
	return NULL;
}
