/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where the runtime's own code and constants are. They are in sections whose names are C
 * identifiers, for which the linker makes symbols: first byte, and the one behind the last (ld's
 * manual, "Orphan Sections"). No patch may touch them: code must not change while it changes
 * others, and pages of the others may be dropped at any time (idle.h).
 *
 *	sandbox_quiet	what runs while threads are stopped (sys.h)
 *	sandbox_code	all other code of the listener, renamed in the Makefile
 *	sandbox_rodata	its constants, the same
 */
#ifndef SANDBOX_OWN_H
#define SANDBOX_OWN_H

#include <stdbool.h>
#include <stdint.h>

#define SB_BOUND extern __attribute__((visibility("hidden"))) const uint8_t
SB_BOUND __start_sandbox_quiet[], __stop_sandbox_quiet[];
SB_BOUND __start_sandbox_code[], __stop_sandbox_code[];
SB_BOUND __start_sandbox_rodata[], __stop_sandbox_rodata[];
#undef SB_BOUND

/* True if [ADDR, ADDR + SIZE) touches one of them. */
bool sb_is_own(uint64_t addr, uint64_t size);

#endif
