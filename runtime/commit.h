/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What happens in the window, in its order (docs/safety.md, "Hooks"). */
#ifndef SANDBOX_COMMIT_H
#define SANDBOX_COMMIT_H

#include "runtime/core.h"

#define SB_NOT_STOPPED 1 /* besides the negative errnos; nothing has changed */

/* Puts the patch of the open transaction in or out: all or nothing, whatever becomes of the client
 * meanwhile. 0, a negative errno with *RET_AT the write that failed, or SB_NOT_STOPPED with ERR. */
int sb_commit_quiet(struct sb_core *core, pid_t tracer, uint32_t *ret_at, struct sb_error *err);

#endif
