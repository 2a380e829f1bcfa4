/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A payload that came as a descriptor. */
#ifndef SANDBOX_PASSED_H
#define SANDBOX_PASSED_H

#include "runtime/error.h"
#include "runtime/mem.h"

/* Copies the whole file FD into ARENA. What is checked and loaded is this copy: whoever passed the
 * descriptor can go on writing to the file. FD stays the caller's. */
bool sb_passed_copy(int fd, struct sb_arena *arena, uint8_t **ret, size_t *ret_size,
		    struct sb_error *err);

#endif
