/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Whom a program trusts: decided when it is linked. `lpbuild trust` replaces keys.o, the member of
 * the archive that holds sb_keys, by one with the keys that it is given.
 */
#ifndef SANDBOX_KEYS_H
#define SANDBOX_KEYS_H

#include <stdint.h>

#include "runtime/payload.h"

#define SB_MAX_KEYS    8
#define SB_KEYS_MEMBER "keys.o"
#define SB_KEYS_SYMBOL "sb_keys"

enum sb_policy {		   /* the stricter the greater */
		 SB_POLICY_OFF,	   /* signatures are not looked at */
		 SB_POLICY_WARN,   /* a bad one is said and logged */
		 SB_POLICY_ENFORCE /* and refused */
};

struct sb_key {
	uint8_t id[LIVEPATCH_KEY_ID_LEN];
	uint8_t bytes[32];
};

struct sb_keys {
	uint32_t policy; /* enum sb_policy */
	uint32_t n;
	struct sb_key keys[SB_MAX_KEYS];
};

_Static_assert(sizeof(struct sb_keys) == 328, "lpbuild writes this into archives");

extern const struct sb_keys sb_keys;

#endif
