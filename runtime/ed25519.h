/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The only contact with the signature library, which the linker hides behind this one name. */
#ifndef SANDBOX_ED25519_H
#define SANDBOX_ED25519_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is SIGNATURE that of MESSAGE with the secret half of PUBLIC_KEY? Allocates nothing. */
bool sb_ed25519_verify(const uint8_t signature[64], const uint8_t *message, size_t len,
		       const uint8_t public_key[32]);

#endif
