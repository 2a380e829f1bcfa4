/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rewrites of single x86-64 instructions around a 4-byte field at OFF, the same that the
 * linker makes. CODE has SIZE bytes; OFF + 4 <= SIZE. Pure functions on bytes.
 */
#ifndef EP_RELAX_H
#define EP_RELAX_H

#include "lib/types.h"

/*
 * mov foo@GOTPCREL(%rip),%reg -> lea foo(%rip),%reg
 * call *foo@GOTPCREL(%rip)    -> addr32 call foo
 * jmp *foo@GOTPCREL(%rip)     -> jmp foo; nop
 * *RET_OFF is where the PC-relative field is afterwards. False (nothing changed) for others.
 */
bool ep_relax_got(u8 *code, u64 size, u64 off, u64 *ret_off);
/* True if the instruction is `call *` or `jmp *` through a slot: it only needs to get there. */
bool ep_is_indirect_branch(const u8 *code, u64 size, u64 off);
/*
 * mov foo@gottpoff(%rip),%reg -> mov $TPOFF,%reg
 * add foo@gottpoff(%rip),%reg -> add $TPOFF,%reg
 */
bool ep_relax_tls(u8 *code, u64 size, u64 off, s32 tpoff);
/* The form that GNU ld gives the second one: lea TPOFF(%reg),%reg. */
bool ep_relax_tls_lea(u8 *code, u64 size, u64 off, s32 tpoff);

#endif
