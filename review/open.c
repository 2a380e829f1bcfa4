// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads what a review is made from. */
#include <string.h>

#include "extract-patch/flavour.h"
#include "lib/file.h"
#include "review/review.h"
#include "runtime/payload.h"

#define MANIFEST_SUFFIX ".yaml"

/* The text of a section of the payload; NULL when there is none. */
static const u8 *section_text(const struct lp_elf *elf, const char *name, size_t *ret_len)
{
	const struct lp_section *sec = &elf->sections[lp_elf_section(elf, name)];

	*ret_len = sec->size;
	return sec->data;
}

/* NAME.yaml beside NAME.raxlpxs has to hold the same bytes as the payload. */
static struct lp_err *look_beside(struct rv_input *input, const u8 *text, size_t len)
{
	const char *end = ep_flavour_of(input->manifest.target.recipe)->suffix, *path;
	size_t stem = strlen(input->path), suffix = strlen(end), beside_len;
	u8 *beside;

	if (stem <= suffix || strcmp(input->path + stem - suffix, end) != 0)
		return NULL;
	path = lp_printf(input->arena, "%.*s%s", (int)(stem - suffix), input->path,
			 MANIFEST_SUFFIX);
	if (!lp_file_exists(path))
		return NULL;
	LP_TRY(lp_file_read(input->arena, path, LP_YAML_MAX_SIZE, &beside, &beside_len));
	input->beside =
		beside_len == len && !memcmp(beside, text, len) ? RV_BESIDE_SAME : RV_BESIDE_OTHER;
	return NULL;
}

static struct lp_err *open_payload(struct rv_input *input, const u8 *image, size_t size)
{
	const u8 *text;
	size_t len;

	LP_TRY(lp_elf_load_mem(input->arena, input->path, image, size, LP_ELF_PAYLOAD,
			       &input->payload));
	text = section_text(input->payload, LIVEPATCH_SEC_MANIFEST, &len);
	if (!text)
		return lp_err_advice(lp_err(LP_FAILED, "'%s' carries no manifest", input->path),
				     "a payload of extract-patch is wanted, or a manifest");
	LP_TRY(lp_manifest_read(input->arena,
				lp_printf(input->arena, "manifest in '%s'", input->path),
				(const char *)text, len, &input->manifest));
	LP_TRY(look_beside(input, text, len));
	text = section_text(input->payload, LIVEPATCH_SEC_DIFF, &len);
	if (text) {
		input->diff = lp_strndup(input->arena, (const char *)text, len);
		input->diff_len = len;
	}
	return NULL;
}

static struct lp_err *open_target(struct rv_input *input, const char *path,
				  const struct ep_debug *debug)
{
	struct ep_target *target;
	const char *id;

	LP_TRY(ep_target_load(input->arena, ep_flavour_of(input->manifest.target.recipe), path,
			      debug, &target));
	id = lp_hex(input->arena, target->elf->build_id, target->elf->build_id_len);
	if (strcmp(id, input->manifest.target.build_id) != 0)
		return lp_err_advice(
			lp_err(LP_TARGET,
			       "'%s' is for another executable: build-id %.12s, not %.12s",
			       input->path, input->manifest.target.build_id, id),
			"name the executable that runs, with --target");
	input->target = target;
	return NULL;
}

struct lp_err *rv_open_mem(struct lp_arena *arena, const char *name, const u8 *image, size_t size,
			   struct rv_input *ret)
{
	*ret = (struct rv_input){ .arena = arena, .path = name };
	if (size >= SELFMAG && !memcmp(image, ELFMAG, SELFMAG))
		return open_payload(ret, image, size);
	return lp_manifest_read(arena, name, (const char *)image, size, &ret->manifest);
}

struct lp_err *rv_open_below(struct rv_input *input, const char *path)
{
	struct rv_below below = { .path = path };
	size_t size;
	u8 *image;

	LP_TRY(lp_file_read(input->arena, path, LIVEPATCH_MAX_SIZE, &image, &size));
	LP_TRY(lp_elf_load_mem(input->arena, path, image, size, LP_ELF_PAYLOAD, &below.elf));
	lp_vec_push(input->arena, &input->below, below);
	return NULL;
}

struct lp_err *rv_open(struct lp_arena *arena, const char *path, const char *target_path,
		       const struct ep_debug *debug, struct rv_input *ret)
{
	size_t size;
	u8 *image;

	LP_TRY(lp_file_read(arena, path, LIVEPATCH_MAX_SIZE, &image, &size));
	LP_TRY(rv_open_mem(arena, path, image, size, ret));
	return target_path ? open_target(ret, target_path, debug) : NULL;
}
