// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/output.h"
#include "extract-patch/rules.h"
#include "extract-patch/writer.h"
#include "lib/hash.h"
#include "lib/yaml.h"
#include "lib/zip.h"
#include "runtime/payload.h"
#include "version.h"

#define NOTE_NAME   "GNU"
#define NOTE_HEADER 16 /* namesz, descsz, type, "GNU\0" */

static u32 write_note(struct ep_writer *w, const char *section, const void *id, size_t len)
{
	u32 idx = lp_out_section(w->out, section, SHT_NOTE, SHF_ALLOC, 4, 0);
	u32 header[3] = { sizeof(NOTE_NAME), (u32)len, NT_GNU_BUILD_ID };

	(void)lp_out_append(w->out, idx, header, sizeof(header), 4);
	(void)lp_out_append(w->out, idx, NOTE_NAME, sizeof(NOTE_NAME), 4);
	(void)lp_out_append(w->out, idx, id, len, 4);
	if (len % 4)
		(void)lp_out_append(w->out, idx, NULL, 4 - len % 4, 1);
	return idx;
}

/* On the patch below, or on the executable itself. */
static void write_depends(struct ep_writer *w)
{
	const struct lp_elf *elf = w->patch->target->elf;
	struct ep_below base = { elf->build_id, elf->build_id_len, NULL };
	size_t n = w->patch->below.n;

	if (n)
		base = w->patch->below.items[n - 1];
	(void)write_note(w, LIVEPATCH_SEC_DEPENDS, base.build_id, base.build_id_len);
}

/* Room for a signature, so that signing moves nothing and is no part of the build-id. */
static void write_signature(struct ep_writer *w)
{
	u32 idx = lp_out_section(w->out, LIVEPATCH_SEC_SIGN, SHT_NOTE, 0, 4, 0);
	u32 header[3] = { sizeof(LIVEPATCH_SIGN_OWNER), sizeof(struct livepatch_signature),
			  LIVEPATCH_SIGN_TYPE };

	(void)lp_out_append(w->out, idx, header, sizeof(header), 4);
	(void)lp_out_append(w->out, idx, LIVEPATCH_SIGN_OWNER, sizeof(LIVEPATCH_SIGN_OWNER), 4);
	(void)lp_out_append(w->out, idx, NULL, sizeof(struct livepatch_signature), 4);
}

void ep_write_notes(struct ep_writer *w)
{
	const struct ep_target *target = w->patch->target;
	static const u8 no_id[LIVEPATCH_BUILD_ID_LEN];

	w->build_id = write_note(w, LIVEPATCH_SEC_BUILD_ID, no_id, sizeof(no_id));
	write_depends(w);
	(void)write_note(w, target->flavour->target_section, target->elf->build_id,
			 target->elf->build_id_len);
	write_signature(w);
}

/* How many pointers to new functions may be left somewhere, or NULL when there are none. */
static const char *count_pins(const struct ep_patch *patch)
{
	size_t n = 0;

	for (size_t i = 0; i < patch->units.n; i++)
		n += patch->units.items[i].info.pins.n;
	return n ? lp_printf(patch->arena, "%zu", n) : NULL;
}

void ep_write_modinfo(struct ep_writer *w, const struct ep_output *output)
{
	u32 idx = lp_out_section(w->out, LIVEPATCH_SEC_MODINFO, SHT_PROGBITS,
				 w->patch->target->flavour->modinfo_flags, 1, 0);
	const struct {
		const char *key, *value;
	} pairs[] = {
		{ "name", output->name },
		{ "builder", "patchbox " LP_VERSION },
		{ "summary", output->summary },
		{ "source-sha256", output->diff_sha256 },
		{ "replace", output->replaces ? "1" : NULL },
		{ "pins", count_pins(w->patch) },
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(pairs); i++) {
		const char *line;

		if (!pairs[i].value)
			continue;
		line = lp_printf(w->patch->arena, "%s=%s", pairs[i].key, pairs[i].value);
		(void)lp_out_append(w->out, idx, line, strlen(line) + 1, 1);
	}
	for (size_t i = 0; i < output->references.n; i++) {
		const char *line =
			lp_printf(w->patch->arena, "reference=%s", output->references.items[i]);

		(void)lp_out_append(w->out, idx, line, strlen(line) + 1, 1);
	}
}

static struct lp_err *write_compressed(struct ep_writer *w, const char *section, const void *data,
				       size_t len)
{
	u32 idx = lp_out_section(w->out, section, SHT_PROGBITS, SHF_COMPRESSED, 8, 0);
	size_t body_len;
	u8 *body;

	LP_TRY(lp_zip(w->patch->arena, data, len, &body, &body_len));
	(void)lp_out_append(w->out, idx, body, body_len, 8);
	return NULL;
}

/* What those who read the payload take. */
static struct lp_err *check_texts(size_t manifest_len, size_t diff_len)
{
	if (manifest_len > LP_YAML_MAX_SIZE)
		return ep_refuse("payload-too-big",
				 "the manifest has %zu bytes, at most %zu are allowed",
				 manifest_len, LP_YAML_MAX_SIZE);
	if (diff_len > LIVEPATCH_MAX_TEXT - manifest_len)
		return ep_refuse("payload-too-big",
				 "diff and manifest have %zu bytes, at most %u are allowed",
				 diff_len + manifest_len, LIVEPATCH_MAX_TEXT);
	return NULL;
}

struct lp_err *ep_write_texts(struct ep_writer *w, const struct ep_output *output,
			      const char *manifest, size_t manifest_len)
{
	LP_TRY(check_texts(manifest_len, output->diff_len));
	LP_TRY(write_compressed(w, LIVEPATCH_SEC_MANIFEST, manifest, manifest_len));
	if (output->diff_len)
		LP_TRY(write_compressed(w, LIVEPATCH_SEC_DIFF, output->diff, output->diff_len));
	return NULL;
}

/* The id is the hash of the file with the id itself as zeros. */
struct lp_err *ep_stamp(const struct ep_writer *w, u8 *file, size_t len)
{
	u8 hash[LP_SHA256_LEN];
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;

	memcpy(&ehdr, file, sizeof(ehdr));
	memcpy(&shdr, file + ehdr.e_shoff + (u64)w->build_id * sizeof(shdr), sizeof(shdr));
	lp_sha256(file, len, hash);
	memcpy(file + shdr.sh_offset + NOTE_HEADER, hash, LIVEPATCH_BUILD_ID_LEN);
	if (len > w->patch->target->flavour->max_size)
		return ep_refuse("payload-too-big",
				 "the payload has %zu bytes, at most %llu are allowed", len,
				 (unsigned long long)w->patch->target->flavour->max_size);
	return NULL;
}
