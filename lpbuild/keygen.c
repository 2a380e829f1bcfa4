/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lpbuild keygen: a pair of keys. */
#include <stdio.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/json.h"
#include "lib/key.h"
#include "lpbuild/verb.h"

struct options {
	struct lp_common_opts common;
};

static const struct lp_opt opts[] = {
	{ 0, "json", NULL, "one JSON document on stdout", LP_OPT_FLAG,
	  offsetof(struct options, common.json) },
};

static const char *const usage[] = { "OUT", NULL };

static void report(struct lp_arena *arena, const char *secret, const char *public_key,
		   const struct lp_public_key *key, bool json)
{
	u8 id[LP_KEY_ID_LEN];
	struct lp_json doc;

	lp_key_id(key, id);
	if (!json) {
		printf("private key: %s\npublic key:  %s\nkey id:      %s\n", secret, public_key,
		       lp_hex(arena, id, sizeof(id)));
		return;
	}
	lp_json_init(&doc, stdout);
	lp_json_object(&doc, NULL);
	lp_json_str(&doc, "private-key", secret);
	lp_json_str(&doc, "public-key", public_key);
	lp_json_str(&doc, "key-id", lp_hex(arena, id, sizeof(id)));
	lp_json_end(&doc);
	lp_json_finish(&doc);
}

/* Both files or none. */
static struct lp_err *write_pair(const char *secret, const char *public_key,
				 const struct lp_secret_key *key)
{
	struct lp_err *err;

	LP_TRY(lp_key_write_public(public_key, &key->public_key));
	err = lp_key_write_secret(secret, key);
	if (err)
		unlink(public_key);
	return err;
}

static struct lp_err *run(struct lp_arena *arena, const void *values,
			  const struct lp_strs *operands)
{
	const struct options *o = values;
	const char *secret = operands->items[0];
	const char *public_key = lp_printf(arena, "%s.pub", secret);
	struct lp_secret_key key;
	struct lp_err *err;

	LP_TRY(lp_key_generate(&key));
	err = write_pair(secret, public_key, &key);
	if (!err)
		report(arena, secret, public_key, &key.public_key, o->common.json);
	lp_key_wipe(&key);
	return err;
}

static const struct lp_cli cli = {
	.name = "lpbuild keygen",
	.usage = usage,
	.summary =
		"Makes a pair of Ed25519 keys: the private one in OUT, which only you can read,\n"
		"the public one in OUT.pub. Files that are there are left alone.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.min_operands = 1,
	.max_operands = 1,
	.epilog = "The files are PEM, as openssl writes them. The id of a key is the beginning of\n"
		  "the SHA-256 of its 32 public bytes.\n",
};

const struct lp_verb lp_verb_keygen = { &cli, sizeof(struct options), run };
