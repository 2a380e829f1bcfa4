/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ed25519 keys in the PEM files that `openssl genpkey -algorithm ed25519` and `openssl pkey
 * -pubout` write. A secret key is in memory only for as long as its owner needs it: he wipes it.
 * lib/key.c signs with libsodium, lib/keyfile.c reads and writes.
 */
#ifndef LP_KEY_H
#define LP_KEY_H

#include "lib/err.h"

#define LP_KEY_LEN	 32
#define LP_SIGNATURE_LEN 64
#define LP_KEY_ID_LEN	 8

struct lp_public_key {
	u8 bytes[LP_KEY_LEN];
};

struct lp_secret_key {
	u8 bytes[LP_KEY_LEN]; /* the seed that everything else is made from */
	struct lp_public_key public_key;
};

struct lp_err *lp_key_from_seed(const u8 seed[LP_KEY_LEN], struct lp_secret_key *ret) LP_MUST_CHECK;
struct lp_err *lp_key_generate(struct lp_secret_key *ret) LP_MUST_CHECK;
void lp_key_wipe(struct lp_secret_key *key);
/* The first bytes of the SHA-256 of the 32 bytes of the key. */
void lp_key_id(const struct lp_public_key *key, u8 ret[LP_KEY_ID_LEN]);

void lp_key_sign(const struct lp_secret_key *key, const u8 *message, size_t len,
		 u8 ret[LP_SIGNATURE_LEN]);
bool lp_key_verify(const struct lp_public_key *key, const u8 *message, size_t len,
		   const u8 signature[LP_SIGNATURE_LEN]);

/* Reading. NAME is for messages. A file with a secret key that everybody may read is refused. */
struct lp_err *lp_key_parse_secret(const char *name, const char *pem, size_t len,
				   struct lp_secret_key *ret) LP_MUST_CHECK;
struct lp_err *lp_key_parse_public(const char *name, const char *pem, size_t len,
				   struct lp_public_key *ret) LP_MUST_CHECK;
struct lp_err *lp_key_read_secret(const char *path, struct lp_secret_key *ret) LP_MUST_CHECK;
struct lp_err *lp_key_read_public(const char *path, struct lp_public_key *ret) LP_MUST_CHECK;

/* Writing. A file that is there is never touched; that of a secret key is for its owner only. */
struct lp_err *lp_key_write_secret(const char *path, const struct lp_secret_key *key) LP_MUST_CHECK;
struct lp_err *lp_key_write_public(const char *path, const struct lp_public_key *key) LP_MUST_CHECK;

#endif
