/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LPBUILD_SIGN_H
#define LPBUILD_SIGN_H

#include "lib/err.h"
#include "lib/vec.h"

/* Reads a private key and forgets it: so that a build does not end with one that can't be read. */
struct lp_err *lp_sign_try_key(const char *key_path) LP_MUST_CHECK;
/* Signs the payload PATH in place, by rename, with the private key in KEY_PATH. */
struct lp_err *lp_sign_file(struct lp_arena *arena, const char *path,
			    const char *key_path) LP_MUST_CHECK;

#endif
