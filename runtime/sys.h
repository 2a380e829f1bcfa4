/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * System calls without libc, for the stop-the-world window: no errno, no lock, no
 * cancellation point, no lazy binding through the PLT, and no libc code that could
 * share a page with a function that is being patched (static programs). The result is
 * the kernel's: -errno on failure.
 */
#ifndef SANDBOX_SYS_H
#define SANDBOX_SYS_H

#include <stdint.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "the runtime is for x86-64"
#endif

/*
 * Code that runs while threads are stopped and text changes: it stays together, in a
 * section of its own, so that a patch that touches it (or, without /proc/self/mem, a page of
 * it) can be refused.
 */
#define SB_QUIET __attribute__((section("sandbox_quiet"), noinline))

static inline __attribute__((always_inline)) long sb_sys(long nr, uint64_t a, uint64_t b,
							 uint64_t c, uint64_t d)
{
	register uint64_t r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

#endif
