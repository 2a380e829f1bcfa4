/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The Makefile includes this into every file of the runtime. It leaves a mark among the file's
 * local symbols: extract-patch tells by it which static functions of a program are the runtime's,
 * wherever the linker has placed them. An absolute symbol takes no space in memory.
 */
#ifndef SB_MEMBER_H
#define SB_MEMBER_H

__asm__(".set sandbox_member, 0");

#endif
