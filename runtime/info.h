/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The text of the INFO reply. */
#ifndef SANDBOX_INFO_H
#define SANDBOX_INFO_H

#include "runtime/core.h"
#include "runtime/mem.h"

/* Appends the lines "key=value\n" that wire.h lists. */
void sb_info_append(const struct sb_core *core, struct sb_buf *out);

#endif
