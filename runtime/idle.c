/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/idle.h"

#include <stdint.h>
#include <sys/mman.h>

#include "runtime/mem.h"
#include "runtime/own.h"
#include "runtime/sys.h"

/* Drops the whole pages in [START, END); on the first and the last one may be code of others. A
 * program that has locked its memory keeps them. */
static inline __attribute__((always_inline)) void drop(uintptr_t start, uintptr_t end)
{
	start = sb_align(start, SB_PAGE);
	end &= ~(uintptr_t)(SB_PAGE - 1);
	if (start < end)
		(void)sb_sys(SYS_madvise, start, end - start, MADV_DONTNEED, 0);
}

/* Calls nothing, and does not cross into another page: were a page of it missing, the kernel would
 * map those around it again, up to sixteen. */
__attribute__((noinline, aligned(512))) static int sleep_without(struct pollfd *fds, unsigned n)
{
	uintptr_t here = (uintptr_t)sleep_without & ~(uintptr_t)(SB_PAGE - 1);

	drop((uintptr_t)__start_sandbox_rodata, (uintptr_t)__stop_sandbox_rodata);
	drop((uintptr_t)__start_sandbox_code, here);
	drop(here + SB_PAGE, (uintptr_t)__stop_sandbox_code);
	return (int)sb_sys(SYS_poll, (uintptr_t)fds, n, (uint64_t)-1, 0);
}

/* Between constants are bytes that AddressSanitizer guards. */
__attribute__((no_sanitize("address"))) static void fetch(uintptr_t start, uintptr_t end)
{
	for (start &= ~(uintptr_t)(SB_PAGE - 1); start < end; start += SB_PAGE)
		(void)*(const volatile uint8_t *)start;
}

int sb_idle_poll(struct pollfd *fds, unsigned n)
{
	int rc = sleep_without(fds, n);

	fetch((uintptr_t)__start_sandbox_code, (uintptr_t)__stop_sandbox_code);
	fetch((uintptr_t)__start_sandbox_rodata, (uintptr_t)__stop_sandbox_rodata);
	return rc;
}
