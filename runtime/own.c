/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/own.h"

#include "runtime/mem.h"

static bool is_in(uint64_t addr, uint64_t size, const uint8_t *start, const uint8_t *end)
{
	return sb_touches(addr, size, (uintptr_t)start, (uintptr_t)end);
}

bool sb_is_own(uint64_t addr, uint64_t size)
{
	return is_in(addr, size, __start_sandbox_quiet, __stop_sandbox_quiet) ||
	       is_in(addr, size, __start_sandbox_code, __stop_sandbox_code) ||
	       is_in(addr, size, __start_sandbox_rodata, __stop_sandbox_rodata);
}
