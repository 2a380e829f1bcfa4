/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call frame information that lies in the memory of the target and in no file that it has mapped:
 * that of a payload, where the runtime has put and relocated it. raxlpxs/cfi.c knows libdw.
 */
#ifndef LP_CFI_H
#define LP_CFI_H

#include <sys/types.h>

#include "lib/types.h"
#include "runtime/wire.h"

#define LP_REGS	   17 /* DWARF numbers: rax rdx rcx rbx rsi rdi rbp rsp r8-r15, rip */
#define LP_REG_RSP 7
#define LP_REG_RIP 16

struct lp_regs {
	u64 value[LP_REGS];
	u32 known; /* bit N: register N is known */
};

struct lp_cfi;

/* Reads the tables of CODE from process PID; NULL when they can't be used. */
struct lp_cfi *lp_cfi_create(pid_t pid, const struct wire_code *code);
void lp_cfi_destroy(struct lp_cfi *cfi); /* NULL is fine */
const struct wire_code *lp_cfi_code(const struct lp_cfi *cfi);

/*
 * From the frame in REGS to that of its caller: the address of the call (its last byte), rsp behind
 * the return address, and what is known of the registers that a function must keep. False if it
 * can't be told. Only what compilers write is understood: no DWARF expressions.
 */
bool lp_cfi_step_quiet(const struct lp_cfi *cfi, struct lp_regs *regs);

#endif
