/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/key.h"

#include <sodium.h>
#include <string.h>

#include "lib/hash.h"

_Static_assert(LP_SIGNATURE_LEN == crypto_sign_BYTES, "length of a signature");
_Static_assert(LP_KEY_LEN == crypto_sign_SEEDBYTES && LP_KEY_LEN == crypto_sign_PUBLICKEYBYTES,
	       "length of a key");

struct lp_err *lp_key_from_seed(const u8 seed[LP_KEY_LEN], struct lp_secret_key *ret)
{
	u8 expanded[crypto_sign_SECRETKEYBYTES];

	if (sodium_init() < 0)
		return lp_err(LP_FAILED, "the signature library does not start");
	memcpy(ret->bytes, seed, sizeof(ret->bytes));
	crypto_sign_seed_keypair(ret->public_key.bytes, expanded, seed);
	sodium_memzero(expanded, sizeof(expanded));
	return NULL;
}

struct lp_err *lp_key_generate(struct lp_secret_key *ret)
{
	u8 seed[LP_KEY_LEN];

	if (sodium_init() < 0)
		return lp_err(LP_FAILED, "the signature library does not start");
	randombytes_buf(seed, sizeof(seed));

	struct lp_err *err = lp_key_from_seed(seed, ret);

	sodium_memzero(seed, sizeof(seed));
	return err;
}

void lp_key_wipe(struct lp_secret_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

void lp_key_id(const struct lp_public_key *key, u8 ret[LP_KEY_ID_LEN])
{
	u8 hash[LP_SHA256_LEN];

	lp_sha256(key->bytes, sizeof(key->bytes), hash);
	memcpy(ret, hash, LP_KEY_ID_LEN);
}

void lp_key_sign(const struct lp_secret_key *key, const u8 *message, size_t len,
		 u8 ret[LP_SIGNATURE_LEN])
{
	u8 expanded[crypto_sign_SECRETKEYBYTES];
	u8 public_key[LP_KEY_LEN];

	crypto_sign_seed_keypair(public_key, expanded, key->bytes);
	crypto_sign_detached(ret, NULL, message, len, expanded);
	sodium_memzero(expanded, sizeof(expanded));
}

bool lp_key_verify(const struct lp_public_key *key, const u8 *message, size_t len,
		   const u8 signature[LP_SIGNATURE_LEN])
{
	return !crypto_sign_verify_detached(signature, message, len, key->bytes);
}
