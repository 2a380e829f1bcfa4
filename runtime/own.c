/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/own.h"

static bool touches(uint64_t addr, uint64_t size, const uint8_t *start, const uint8_t *end)
{
	return addr < (uintptr_t)end && (uintptr_t)start < addr + size;
}

bool sb_is_own(uint64_t addr, uint64_t size)
{
	return touches(addr, size, __start_sandbox_quiet, __stop_sandbox_quiet) ||
	       touches(addr, size, __start_sandbox_code, __stop_sandbox_code) ||
	       touches(addr, size, __start_sandbox_rodata, __stop_sandbox_rodata);
}
