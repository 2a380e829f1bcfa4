/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/payload.h"

#include "lib/file.h"
#include "review/model.h"
#include "runtime/payload.h"

static struct lp_err *look(struct lp_arena *arena, const char *path, const struct lp_strs *keys,
			   struct rv_input *input, struct rv_doc *ret)
{
	struct lp_public_key *parsed = lp_new_array(arena, keys->n, struct lp_public_key);

	for (size_t i = 0; i < keys->n; i++)
		LP_TRY(lp_key_read_public(keys->items[i], &parsed[i]));
	LP_TRY(rv_open(arena, path, NULL, NULL, input));
	input->keys = parsed;
	input->n_keys = keys->n;
	return rv_make(input, ret);
}

int lp_payload_info(struct lp_arena *arena, const char *path, const struct lp_strs *keys, bool json)
{
	struct rv_input input;
	struct rv_doc doc;
	struct lp_err *err = look(arena, path, keys, &input, &doc);

	if (err)
		return lp_err_finish(err, json);
	if (json) /* one document: it says what is wrong */
		rv_print_json(&input, &doc, stdout);
	else
		rv_print_text(&doc, stdout);
	if (fflush(stdout) || ferror(stdout))
		return lp_err_finish(lp_err_errno("cannot write the result"), false);
	if (!doc.wrong)
		return LP_OK;
	if (json)
		return LP_TRUST;
	return lp_err_finish(
		lp_err_advice(lp_err(LP_TRUST, "'%s' can't be trusted: %s", path, doc.wrong),
			      "don't apply it; ask for the file again"),
		false);
}

struct lp_err *lp_payload_note(struct lp_arena *arena, const char *name, const u8 *image,
			       size_t len, const char *section, const char **ret)
{
	const struct lp_elf *elf;

	*ret = NULL;
	LP_TRY(lp_elf_load_mem(arena, name, image, len, LP_ELF_PAYLOAD, &elf));
	*ret = rv_note_id(arena, elf, section);
	return NULL;
}

struct lp_err *lp_payload_target(struct lp_arena *arena, const char *path, const char **ret)
{
	size_t size;
	u8 *image;

	LP_TRY(lp_file_read(arena, path, LIVEPATCH_MAX_SIZE, &image, &size));
	return lp_payload_note(arena, path, image, size, LIVEPATCH_SEC_TARGET, ret);
}
