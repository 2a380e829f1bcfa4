/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that a program will trust: put into a runtime archive before the program is linked. */
#ifndef LPBUILD_TRUST_H
#define LPBUILD_TRUST_H

#include "lib/err.h"
#include "lib/vec.h"
#include "runtime/keys.h"

/* Reads the public keys KEYS. POLICY is "enforce", "warn" or "off", NULL means enforce. */
struct lp_err *lp_trust_read(struct lp_arena *arena, const struct lp_strs *keys, const char *policy,
			     struct sb_keys *ret) LP_MUST_CHECK;
/* Makes TO a copy of the archive FROM with these keys: equal inputs give equal bytes. */
struct lp_err *lp_trust_archive(struct lp_arena *arena, const char *from, const char *to,
				const struct sb_keys *keys) LP_MUST_CHECK;

#endif
