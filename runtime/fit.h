/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* May a patch that was uploaded go on top of those that are applied now? */
#ifndef SANDBOX_FIT_H
#define SANDBOX_FIT_H

#include "runtime/error.h"
#include "runtime/patch.h"

/*
 * FLAGS are those of APPLY. Sets PATCH->replaces and takes the bytes that its writes have to find
 * and that a revert puts back: for one that takes the place of all others, those of the
 * unpatched program.
 */
bool sb_fit(const struct sb_patches *applied, struct sb_patch *patch, uint32_t flags,
	    struct sb_error *err);

#endif
