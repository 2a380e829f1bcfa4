/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/hash.h"

#include <sodium/crypto_hash_sha256.h>
#include <string.h>

_Static_assert(LP_SHA256_LEN == crypto_hash_sha256_BYTES, "length of a SHA-256");
_Static_assert(sizeof(struct lp_sha256) >= sizeof(crypto_hash_sha256_state), "room for the state");

/* The state is copied in and out: the header need not know its type, nor may it be aliased. */
void lp_sha256_init(struct lp_sha256 *sha)
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	memcpy(sha->opaque, &state, sizeof(state));
}

void lp_sha256_update(struct lp_sha256 *sha, const void *data, size_t len)
{
	crypto_hash_sha256_state state;

	memcpy(&state, sha->opaque, sizeof(state));
	crypto_hash_sha256_update(&state, data, len);
	memcpy(sha->opaque, &state, sizeof(state));
}

void lp_sha256_final(struct lp_sha256 *sha, u8 ret[LP_SHA256_LEN])
{
	crypto_hash_sha256_state state;

	memcpy(&state, sha->opaque, sizeof(state));
	crypto_hash_sha256_final(&state, ret);
}

void lp_sha256(const void *data, size_t len, u8 ret[LP_SHA256_LEN])
{
	crypto_hash_sha256(ret, data, len);
}
