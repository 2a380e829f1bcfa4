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

/* What getdents64 gives: struct linux_dirent64, which no header of libc has. */
struct sb_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static inline __attribute__((always_inline)) long
sb_sys6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline __attribute__((always_inline)) long sb_sys(long nr, uint64_t a, uint64_t b,
							 uint64_t c, uint64_t d)
{
	return sb_sys6(nr, a, b, c, d, 0, 0);
}

#endif
