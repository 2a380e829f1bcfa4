// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows as data, and what they were made from. */
#include "lib/json.h"

#include "review/review.h"

static const char *kind_name(enum rv_kind kind)
{
	static const char *const names[] = {
		[RV_TITLE] = "title",	    [RV_VERDICT] = "verdict", [RV_SECTION] = "section",
		[RV_FUNCTION] = "function", [RV_FACT] = "fact",	      [RV_POINT] = "point",
		[RV_RULE] = "rule",	    [RV_HEAD] = "head",	      [RV_LINE] = "line",
		[RV_FILE] = "file",	    [RV_HUNK] = "hunk",	      [RV_PART] = "part",
		[RV_CODE] = "code",	    [RV_FOLD] = "fold",
	};

	return names[kind];
}

static const char *mark_name(enum rv_mark mark)
{
	static const char *const names[] = {
		[RV_PLAIN] = "plain",	  [RV_GOOD] = "good",	[RV_LOOK] = "look",
		[RV_BAD] = "bad",	  [RV_ADDED] = "added", [RV_REMOVED] = "removed",
		[RV_DIFFERS] = "differs", [RV_AT] = "at",
	};

	return names[mark];
}

static void put_row(struct lp_json *json, const struct rv_row *row)
{
	u32 n = RV_CELLS;

	while (n && !row->cell[n - 1])
		n--;
	lp_json_object(json, NULL);
	lp_json_str(json, "kind", kind_name(row->kind));
	lp_json_str(json, "mark", mark_name(row->mark));
	if (row->id)
		lp_json_str(json, "id", row->id);
	if (row->folded)
		lp_json_u64(json, "folded", row->folded);
	lp_json_array(json, "cells");
	for (u32 c = 0; c < n; c++)
		lp_json_str(json, NULL, row->cell[c]);
	lp_json_end(json);
	lp_json_end(json);
}

static const char *signature_word(enum rv_signed is_signed)
{
	static const char *const words[] = {
		[RV_SIGNED_NO] = "none",
		[RV_SIGNED_UNCHECKED] = "unchecked",
		[RV_SIGNED_GOOD] = "good",
		[RV_SIGNED_BAD] = "bad",
	};

	return words[is_signed];
}

static const char *manifest_word(const struct rv_input *input)
{
	static const char *const words[] = {
		[RV_BESIDE_NONE] = "inside",
		[RV_BESIDE_SAME] = "same",
		[RV_BESIDE_OTHER] = "differs",
	};

	return input->payload ? words[input->beside] : "alone";
}

static void put_payload(struct lp_json *json, const struct rv_input *input,
			const struct rv_doc *doc)
{
	const struct rv_identity *id = &doc->identity;

	lp_json_object(json, "payload");
	lp_json_str(json, "file", input->path);
	lp_json_str(json, "name", input->manifest.patch.name);
	lp_json_str(json, "build-id", id->build_id);
	lp_json_str(json, "target", id->target);
	lp_json_str(json, "depends", id->depends);
	lp_json_bool(json, "replaces", id->replaces);
	if (input->payload)
		lp_json_u64(json, "size", input->payload->image_size);
	lp_json_str(json, "signature", signature_word(id->is_signed));
	lp_json_str(json, "key-id", id->key_id);
	lp_json_str(json, "manifest", manifest_word(input));
	lp_json_str(json, "verdict", doc->wrong ? "do not apply" : input->manifest.verdict.status);
	lp_json_str(json, "wrong", doc->wrong);
	lp_json_end(json);
}

void rv_print_json(const struct rv_input *input, const struct rv_doc *doc, FILE *out)
{
	struct lp_json json;

	lp_json_init(&json, out);
	lp_json_object(&json, NULL);
	put_payload(&json, input, doc);
	lp_yaml_to_json(&json, "manifest", &lp_manifest_schema, &input->manifest);
	lp_json_array(&json, "rows");
	for (size_t i = 0; i < doc->rows.n; i++)
		put_row(&json, &doc->rows.items[i]);
	lp_json_end(&json);
	lp_json_end(&json);
	lp_json_finish(&json);
}
