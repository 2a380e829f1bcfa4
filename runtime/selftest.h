/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The TEST message: the runtime looks at itself. */
#ifndef SANDBOX_SELFTEST_H
#define SANDBOX_SELFTEST_H

#include "runtime/core.h"
#include "runtime/mem.h"

/* Appends a line "ok NAME\n" or "not ok NAME: why\n" for each check. Changes nothing. */
void sb_selftest_append(const struct sb_core *core, struct sb_buf *out);

#endif
