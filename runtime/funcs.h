/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The lists in a payload, .livepatch.funcs and .livepatch.ranges, against the program that runs. */
#ifndef SANDBOX_FUNCS_H
#define SANDBOX_FUNCS_H

#include "runtime/load.h"
#include "runtime/reloc.h"

/* Fills patch->funcs from the relocated copy in LAYOUT, or says why one can't be replaced. */
bool sb_funcs_check(const struct sb_load *load, const struct sb_payload *p,
		    const struct sb_layout *layout, struct sb_patch *patch, struct sb_error *err);

#endif
