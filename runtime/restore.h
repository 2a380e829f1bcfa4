/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Applies the patches that are stored for this executable, while the process has one thread: what
 * a client does otherwise, without a client and without a stop. Each one that fails is left out,
 * and the log and INFO say so; the program starts in any case.
 */
#ifndef SANDBOX_RESTORE_H
#define SANDBOX_RESTORE_H

#include <stdint.h>

struct sb_core;

struct sb_restored {	  /* for INFO */
	char state[1024]; /* the directory; "off"; empty: sandbox_restore() was not called */
	uint32_t n_applied, n_skipped;
	char reason[256]; /* for the first that was skipped */
};

/* STATE is the directory; core->writer, core->task_fd, core->trust and
 * the log must be open. */
void sb_restore(struct sb_core *core, const char *state);

#endif
