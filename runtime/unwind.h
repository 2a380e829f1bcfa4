/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * How to unwind through new code, for what does so inside the process: C++ exceptions, the end of a
 * thread, backtrace(). They ask the unwinder of libgcc, which gets the .eh_frame of each patch. It
 * has a lock and allocates: nothing here may be called while threads are stopped.
 */
#ifndef SANDBOX_UNWIND_H
#define SANDBOX_UNWIND_H

#include "runtime/reloc.h"

/* Is the payload's .eh_frame, if it has one, what the unwinder can walk without leaving it, and
 * about nothing but the payload's text? Sets PATCH->frames. */
bool sb_unwind_check(const struct sb_payload *p, const struct sb_layout *layout,
		     struct sb_patch *patch, struct sb_error *err);
/* Tells each unwinder that the process has now and did not have before. */
void sb_unwind_add(struct sb_patch *patch);
/* Before the space is given back. */
void sb_unwind_remove(struct sb_patch *patch);

#endif
