/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The registry of coroutines behind sandbox_context_add(). It works before sandbox_init() and in
 * programs that never call it, and refers to nothing else of the runtime, so that a tool that
 * only links the coroutine glue stays small.
 */
#ifndef SANDBOX_CONTEXTS_H
#define SANDBOX_CONTEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/wire.h"

struct sb_context_iter { /* all zero: at the start */
	const void *chunk;
	size_t slot;
	bool end, told_lost;
};

/*
 * Describes the next context; false at the end. Registers are read through MEM_FD
 * (/proc/self/mem), so that a coroutine that is freed meanwhile can't make the reader fault;
 * with MEM_FD -1 every context is unknown. Takes no lock.
 */
bool sb_context_next(int mem_fd, struct sb_context_iter *it, struct wire_context *ret);
/* Number of registered contexts, unknown ones included. */
size_t sb_context_count(void);

#endif
