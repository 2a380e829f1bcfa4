/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lpbuild verify: who has signed a payload? */
#include <stdio.h>

#include "lib/file.h"
#include "lib/json.h"
#include "lib/sign.h"
#include "lpbuild/verb.h"

struct options {
	struct lp_common_opts common;
	struct lp_strs keys;
	const char *message, *signature;
};

static const struct lp_opt opts[] = {
	{ 0, "key", "FILE", "public key that may have signed; may be given again", LP_OPT_LIST,
	  offsetof(struct options, keys) },
	{ 0, "message", "FILE", "write what is signed, for other programs", LP_OPT_STR,
	  offsetof(struct options, message) },
	{ 0, "signature", "FILE", "write the signature, for other programs", LP_OPT_STR,
	  offsetof(struct options, signature) },
	{ 0, "json", NULL, "one JSON document on stdout", LP_OPT_FLAG,
	  offsetof(struct options, common.json) },
};

static const char *const usage[] = {
	"FILE --key PUBLIC-KEY...",
	"FILE --message OUT [--signature OUT]",
	NULL,
};

static struct lp_err *write_parts(struct lp_arena *arena, const struct lp_payload_file *file,
				  const struct options *o)
{
	struct livepatch_signature signature;
	bool is_signed = lp_signature_get(file, &signature);
	size_t len;

	if (o->message) {
		const u8 *message = lp_sign_message(arena, file, &len);

		LP_TRY(lp_file_write(o->message, message, len));
	}
	if (!o->signature)
		return NULL;
	if (!is_signed)
		return lp_err(LP_TRUST, "'%s' is not signed", file->name);
	return lp_file_write(o->signature, signature.bytes, sizeof(signature.bytes));
}

static void report(struct lp_arena *arena, const struct lp_payload_file *file, bool json)
{
	struct livepatch_signature signature;
	struct lp_json doc;

	lp_signature_get(file, &signature);
	const char *id = lp_hex(arena, signature.key_id, sizeof(signature.key_id));

	if (!json) {
		printf("'%s' is signed with key %s\n", file->name, id);
		return;
	}
	lp_json_init(&doc, stdout);
	lp_json_object(&doc, NULL);
	lp_json_str(&doc, "verified", file->name);
	lp_json_str(&doc, "key-id", id);
	lp_json_end(&doc);
	lp_json_finish(&doc);
}

static struct lp_err *run(struct lp_arena *arena, const void *values,
			  const struct lp_strs *operands)
{
	const struct options *o = values;
	struct lp_public_key *keys = lp_new_array(arena, o->keys.n, struct lp_public_key);
	struct lp_payload_file file;

	if (!o->keys.n && !o->message && !o->signature)
		return lp_err_advice(lp_err(LP_USAGE, "nothing says whose signature is wanted"),
				     "give --key FILE; see 'lpbuild verify --help'");
	LP_TRY(lp_payload_read(arena, operands->items[0], &file));
	for (size_t i = 0; i < o->keys.n; i++)
		LP_TRY(lp_key_read_public(o->keys.items[i], &keys[i]));
	LP_TRY(write_parts(arena, &file, o));
	if (!o->keys.n)
		return NULL;
	LP_TRY(lp_sign_verify(arena, &file, keys, o->keys.n));
	report(arena, &file, o->common.json);
	return NULL;
}

static const struct lp_cli cli = {
	.name = "lpbuild verify",
	.usage = usage,
	.summary = "Checks that one of the keys has signed the payload FILE, and that nobody has\n"
		   "changed it since.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.min_operands = 1,
	.max_operands = 1,
	.epilog = "Exit codes: 0 it is so, 1 failed, 6 not signed, another key, or changed since,\n"
		  "64 wrong usage.\n",
};

const struct lp_verb lp_verb_verify = { &cli, sizeof(struct options), run };
