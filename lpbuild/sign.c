/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lpbuild sign: puts a signature into a payload. */
#include "lpbuild/sign.h"

#include <stdio.h>

#include "lib/file.h"
#include "lib/json.h"
#include "lib/sign.h"
#include "lpbuild/verb.h"

struct options {
	struct lp_common_opts common;
	const char *sign_key, *signature, *key;
};

#define OPT(member) LP_OPT_STR, offsetof(struct options, member)

static const struct lp_opt opts[] = {
	{ 0, "sign-key", "FILE", "private key to sign with", OPT(sign_key) },
	{ 0, "signature", "FILE",
	  "64 bytes that were made elsewhere, with the\nprivate half of --key", OPT(signature) },
	{ 0, "key", "FILE", "public key that --signature is checked with", OPT(key) },
	{ 0, "json", NULL, "one JSON document on stdout", LP_OPT_FLAG,
	  offsetof(struct options, common.json) },
};

static const char *const usage[] = {
	"FILE --sign-key KEY",
	"FILE --signature SIGNATURE --key PUBLIC-KEY",
	NULL,
};

struct lp_err *lp_sign_try_key(const char *key_path)
{
	struct lp_secret_key key;

	LP_TRY(lp_key_read_secret(key_path, &key));
	lp_key_wipe(&key);
	return NULL;
}

struct lp_err *lp_sign_file(struct lp_arena *arena, const char *path, const char *key_path)
{
	struct lp_payload_file file;
	struct lp_secret_key key;

	LP_TRY(lp_payload_read(arena, path, &file));
	LP_TRY(lp_key_read_secret(key_path, &key));
	lp_sign(arena, &file, &key);
	lp_key_wipe(&key);
	return lp_file_write(path, file.bytes, file.len);
}

static struct lp_err *take(struct lp_arena *arena, const char *path, const struct options *o)
{
	struct lp_payload_file file;
	struct lp_public_key key;
	size_t len;
	u8 *bytes;

	LP_TRY(lp_payload_read(arena, path, &file));
	LP_TRY(lp_key_read_public(o->key, &key));
	LP_TRY(lp_file_read(arena, o->signature, LIVEPATCH_MAX_SIZE, &bytes, &len));
	if (len != LP_SIGNATURE_LEN)
		return lp_err_advice(
			lp_err(LP_FAILED, "'%s' has %zu bytes, a signature has %u", o->signature,
			       len, LP_SIGNATURE_LEN),
			"raw bytes are wanted, as 'openssl pkeyutl -sign -rawin' writes them");
	LP_TRY(lp_sign_take(arena, &file, &key, bytes));
	return lp_file_write(path, file.bytes, file.len);
}

/* From the file, which is what counts. */
static struct lp_err *report(struct lp_arena *arena, const char *path, bool json)
{
	struct livepatch_signature signature;
	struct lp_payload_file file;
	struct lp_json doc;

	LP_TRY(lp_payload_read(arena, path, &file));
	lp_signature_get(&file, &signature);
	const char *id = lp_hex(arena, signature.key_id, sizeof(signature.key_id));

	if (!json) {
		printf("signed '%s' with key %s\n", path, id);
		return NULL;
	}
	lp_json_init(&doc, stdout);
	lp_json_object(&doc, NULL);
	lp_json_str(&doc, "signed", path);
	lp_json_str(&doc, "key-id", id);
	lp_json_end(&doc);
	lp_json_finish(&doc);
	return NULL;
}

static struct lp_err *run(struct lp_arena *arena, const void *values,
			  const struct lp_strs *operands)
{
	const struct options *o = values;
	const char *path = operands->items[0];

	if (!o->sign_key == !o->signature || !o->signature != !o->key)
		return lp_err_advice(
			lp_err(LP_USAGE, "either --sign-key, or --signature and --key"),
			"see 'lpbuild sign --help'");
	if (o->sign_key)
		LP_TRY(lp_sign_file(arena, path, o->sign_key));
	else
		LP_TRY(take(arena, path, o));
	return report(arena, path, o->common.json);
}

static const struct lp_cli cli = {
	.name = "lpbuild sign",
	.usage = usage,
	.summary =
		"Signs the payload FILE. Nothing but the 72 bytes of the signature changes; one\n"
		"that is there is replaced.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.min_operands = 1,
	.max_operands = 1,
	.epilog = "Keys are PEM files as 'lpbuild keygen' and openssl write them.\n"
		  "Exit codes: 0 done, 1 failed, 6 the signature does not fit, 64 wrong usage.\n",
};

const struct lp_verb lp_verb_sign = { &cli, sizeof(struct options), run };
