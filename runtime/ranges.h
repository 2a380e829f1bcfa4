/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The code that nobody may be in, or return to, when the open transaction is committed. */
#ifndef SANDBOX_RANGES_H
#define SANDBOX_RANGES_H

#include "runtime/core.h"
#include "runtime/mem.h"

/* Appends a struct wire_range for each run of it; nothing when no transaction is open. */
void sb_ranges_append(const struct sb_core *core, struct sb_buf *out);

#endif
