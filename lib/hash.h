/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256, for ids that an auditor can check with sha256sum. lib/hash.c is the only
 * file that knows libsodium's hashes.
 */
#ifndef LP_HASH_H
#define LP_HASH_H

#include "lib/types.h"

#define LP_SHA256_LEN 32

struct lp_sha256 { /* a hash in the making */
	_Alignas(8) u8 opaque[112];
};

void lp_sha256_init(struct lp_sha256 *sha);
void lp_sha256_update(struct lp_sha256 *sha, const void *data, size_t len);
void lp_sha256_final(struct lp_sha256 *sha, u8 ret[LP_SHA256_LEN]);

/* All of it at once. */
void lp_sha256(const void *data, size_t len, u8 ret[LP_SHA256_LEN]);

#endif
