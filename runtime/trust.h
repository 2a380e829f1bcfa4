/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Whether a payload may be loaded: its signature, before anything else of it is read. */
#ifndef SANDBOX_TRUST_H
#define SANDBOX_TRUST_H

#include <stdbool.h>

#include "runtime/error.h"
#include "runtime/keys.h"
#include "runtime/mem.h"

struct sb_trust {
	const struct sb_keys *keys; /* not read with SB_POLICY_OFF */
	enum sb_policy policy;
};

/*
 * The policy that the program was linked with, or the stricter one that WISH names ("warn",
 * "enforce", NULL or "" for no wish). What is none of these words counts as "enforce": a misspelt
 * wish must not leave the door open.
 */
struct sb_trust sb_trust_make(const struct sb_keys *keys, const char *wish);
const char *sb_policy_name(enum sb_policy policy);
/* The ids of the keys in hex with commas between them, or "none"; OUT holds SB_KEY_IDS_LEN. */
#define SB_KEY_IDS_LEN (SB_MAX_KEYS * (2 * LIVEPATCH_KEY_ID_LEN + 1) + 1)
void sb_trust_ids(const struct sb_keys *keys, char *out);

/*
 * False, with status SB_TRUST and the reason, when FILE has no good signature of one of the keys;
 * the caller decides by the policy what follows. SCRATCH holds a copy of FILE.
 */
bool sb_trust_check(const struct sb_keys *keys, const uint8_t *file, size_t size,
		    struct sb_arena *scratch, struct sb_error *err);

#endif
