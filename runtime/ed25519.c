/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * libsodium (ISC) has what is needed. Of its utils.o, which would bring its random numbers and its
 * allocator along, verifying uses three functions; they are here, and nothing in a verification is
 * secret.
 */
#include "runtime/ed25519.h"

#include <sodium/crypto_sign_ed25519.h>
#include <sodium/utils.h>
#include <string.h>

bool sb_ed25519_verify(const uint8_t signature[64], const uint8_t *message, size_t len,
		       const uint8_t public_key[32])
{
	return !crypto_sign_ed25519_verify_detached(signature, message, len, public_key);
}

void sodium_memzero(void *const data, const size_t len)
{
	memset(data, 0, len);
}

int sodium_memcmp(const void *const a, const void *const b, size_t len)
{
	return memcmp(a, b, len) ? -1 : 0;
}

int sodium_is_zero(const unsigned char *data, const size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i])
			return 0;
	return 1;
}
