/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/payload.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/json.h"

static const char *signature_text(const struct lp_payload *p)
{
	switch (p->is_signed) {
	case LP_SIGNED_NO:
		break;
	case LP_SIGNED_UNCHECKED:
		return "unchecked";
	case LP_SIGNED_GOOD:
		return "good";
	case LP_SIGNED_BAD:
		return "bad";
	}
	return "none";
}

static const char *manifest_text(const struct lp_payload *p)
{
	switch (p->manifest) {
	case LP_MANIFEST_NONE:
		break;
	case LP_MANIFEST_ALONE:
		return "inside";
	case LP_MANIFEST_SAME:
		return "same";
	case LP_MANIFEST_DIFFERS:
		return "differs";
	}
	return "none";
}

static void line(const char *key, const char *value)
{
	if (value)
		printf("%-16s %s\n", key, value);
}

static void print_signature(const struct lp_payload *p)
{
	if (p->is_signed == LP_SIGNED_UNCHECKED)
		printf("%-16s by key %s, not checked (give its --key FILE)\n", "signature",
		       p->key_id);
	else if (p->is_signed == LP_SIGNED_GOOD)
		printf("%-16s good, by key %s\n", "signature", p->key_id);
	else if (p->is_signed == LP_SIGNED_BAD)
		printf("%-16s BAD, says that it is by key %s\n", "signature", p->key_id);
	else
		line("signature", "none");
}

static void print_manifest(const struct lp_payload *p)
{
	switch (p->manifest) {
	case LP_MANIFEST_NONE:
		line("manifest", "none");
		return;
	case LP_MANIFEST_ALONE:
		line("manifest", "inside, no file beside it");
		return;
	case LP_MANIFEST_SAME:
		printf("%-16s inside, the same as '%s'\n", "manifest", p->manifest_path);
		return;
	case LP_MANIFEST_DIFFERS:
		printf("%-16s NOT the same as '%s'\n", "manifest", p->manifest_path);
		return;
	}
}

static void print_text(const struct lp_payload *p)
{
	line("file", p->path);
	line("name", p->name);
	line("summary", p->summary);
	printf("%-16s %s%s\n", "build-id", p->build_id ? p->build_id : "none",
	       !p->build_id || p->has_right_id ? "" : ", NOT that of the contents");
	line("target", p->target);
	line("depends", p->depends);
	line("builder", p->builder);
	line("source-sha256", p->source_sha256);
	printf("%-16s %zu bytes in the file; text %" PRIu64 ", read-only %" PRIu64 ", data %" PRIu64
	       "\n",
	       "size", p->size, p->text_size, p->rodata_size, p->data_size);
	printf("%-16s functions %zu, tables %zu, hooks %zu\n", "changes", p->n_funcs, p->n_tables,
	       p->n_hooks);
	for (size_t i = 0; i < p->n_funcs; i++)
		printf("%-16s %s, %" PRIu32 " -> %" PRIu32 " bytes\n", "function", p->funcs[i].name,
		       p->funcs[i].old_size, p->funcs[i].new_size);
	print_signature(p);
	print_manifest(p);
}

static void print_json(const struct lp_payload *p, const struct lp_err *wrong)
{
	struct lp_json json;

	lp_json_init(&json, stdout);
	lp_json_object(&json, NULL);
	lp_json_object(&json, "payload");
	lp_json_str(&json, "file", p->path);
	lp_json_str(&json, "name", p->name);
	lp_json_str(&json, "summary", p->summary);
	lp_json_str(&json, "build-id", p->build_id);
	lp_json_str(&json, "content-id", p->content_id);
	lp_json_str(&json, "target", p->target);
	lp_json_str(&json, "depends", p->depends);
	lp_json_str(&json, "builder", p->builder);
	lp_json_str(&json, "source-sha256", p->source_sha256);
	lp_json_u64(&json, "size", p->size);
	lp_json_u64(&json, "text-size", p->text_size);
	lp_json_u64(&json, "rodata-size", p->rodata_size);
	lp_json_u64(&json, "data-size", p->data_size);
	lp_json_u64(&json, "tables", p->n_tables);
	lp_json_u64(&json, "hooks", p->n_hooks);
	lp_json_array(&json, "functions");
	for (size_t i = 0; i < p->n_funcs; i++) {
		lp_json_object(&json, NULL);
		lp_json_str(&json, "name", p->funcs[i].name);
		lp_json_u64(&json, "old-size", p->funcs[i].old_size);
		lp_json_u64(&json, "new-size", p->funcs[i].new_size);
		lp_json_end(&json);
	}
	lp_json_end(&json);
	lp_json_str(&json, "signature", signature_text(p));
	lp_json_str(&json, "key-id", p->key_id);
	lp_json_str(&json, "manifest", manifest_text(p));
	lp_json_str(&json, "wrong", wrong ? lp_err_message(wrong) : NULL);
	lp_json_end(&json);
	lp_json_end(&json);
	lp_json_finish(&json);
}

/* The worst thing first: who trusts nobody's signature needs the others. */
static struct lp_err *find_wrong(const struct lp_payload *p)
{
	if (p->sign_why)
		return lp_err(LP_TRUST, "%s", p->sign_why);
	if (!p->build_id)
		return lp_err(LP_TRUST, "'%s' has no build-id", p->path);
	if (!p->has_right_id)
		return lp_err_advice(lp_err(LP_TRUST,
					    "'%s' was changed: its build-id is not that of its "
					    "contents, which have %s",
					    p->path, p->content_id),
				     "don't apply it; ask for the file again");
	if (p->manifest == LP_MANIFEST_DIFFERS)
		return lp_err_advice(lp_err(LP_TRUST, "'%s' is not the manifest of '%s'",
					    p->manifest_path, p->path),
				     "'lpbuild show %s' prints the one that is inside", p->path);
	return NULL;
}

static struct lp_err *read_all(struct lp_arena *arena, const char *path, const struct lp_strs *keys,
			       struct lp_payload *ret)
{
	struct lp_public_key *parsed = lp_new_array(arena, keys->n, struct lp_public_key);

	for (size_t i = 0; i < keys->n; i++)
		LP_TRY(lp_key_read_public(keys->items[i], &parsed[i]));
	return lp_payload_open(arena, path, parsed, keys->n, ret);
}

int lp_payload_info(struct lp_arena *arena, const char *path, const struct lp_strs *keys, bool json)
{
	struct lp_payload payload;
	struct lp_err *err = read_all(arena, path, keys, &payload);
	int code;

	if (err)
		return lp_err_finish(err, json);
	err = find_wrong(&payload);
	if (!json) {
		print_text(&payload);
		fflush(stdout);
		return lp_err_finish(err, false);
	}
	/* One document: it says what is wrong. */
	print_json(&payload, err);
	code = (int)lp_err_code(err);
	lp_err_destroy(err);
	return code;
}
