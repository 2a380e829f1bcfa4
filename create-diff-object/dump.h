/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --dump: what a phase has found, as a table. */
#ifndef CDO_DUMP_H
#define CDO_DUMP_H

#include <stdio.h>

#include "create-diff-object/run.h"

/* The phase called NAME; CDO_N_PHASES when there is none. */
enum cdo_phase cdo_phase_named(const char *name);
/* DIFF got at least as far as PHASE. The order is that of the file, original first. */
void cdo_dump(struct cdo_diff *diff, enum cdo_phase phase, bool json, FILE *out);

#endif
