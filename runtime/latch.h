/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Entries are closed while they are rewritten, so that a client that is killed in the window does
 * no harm: the kernel then lets all threads go, and one could meet an entry of which not all bytes
 * are written, or see one function new and another old.
 *
 * Closing writes one byte, which is atomic, over the first one of each jump: 06, with which no
 * instruction begins in 64-bit mode (AMD64 Architecture Programmer's Manual, volume 3, table A-1).
 * Who comes there gets SIGILL, which the runtime handles for that time: the thread waits in the
 * handler until the entry is open, then goes through it again. If the threads are still stopped
 * once all entries are closed, nobody can pass an old one any more, whatever happens from then on.
 * If they are not, all are opened as they were, and who was let go has seen nothing but old ones.
 *
 * (Several bytes are not written at once through /proc/self/mem: where `rep movsb` is fast for
 * short strings the kernel uses it, and other cores see the pieces.)
 */
#ifndef SANDBOX_LATCH_H
#define SANDBOX_LATCH_H

#include "runtime/patch.h"

#define SB_CLOSED 0x06

struct sb_site {
	uint64_t addr;
	uint8_t now[LIVEPATCH_JUMP_LEN];
	uint8_t after; /* the first byte when all is done */
};

struct sb_latch {
	struct sb_arena arena; /* holds everything here, and this struct */
	struct sb_latch *older;
	struct sb_site *sites; /* no address twice */
	uint32_t n, n_closed;
	bool is_lost; /* somebody was let go while it was closed: it is never freed */
};

/*
 * Before the stop. What is to be closed when PATCH goes in (and, if it replaces, all others go
 * out), or when it goes out. Free with sb_latch_destroy(); NULL and ERR without memory.
 */
struct sb_latch *sb_latch_prepare(const struct sb_patches *patches, const struct sb_patch *patch,
				  bool put_in, struct sb_error *err);
void sb_latch_destroy(struct sb_latch *latch);

/* In the window. Is everywhere what was there when it was prepared? 0 or -ESTALE. */
int sb_latch_check_quiet(const struct sb_latch *latch, uint32_t *ret_at);
/* In the window. 0, or a negative errno and all is open as before. */
int sb_latch_close_quiet(struct sb_latch *latch, int mem_fd);
/* In the window. Opens all entries, with the first bytes of AFTER or of before. */
void sb_latch_open_quiet(struct sb_latch *latch, int mem_fd, bool after);
/* In the window. ALL_STOPPED: no thread was let go since it was closed; the program gets its SIGILL
 * back. Else somebody may be on the way to the handler, which stays. */
void sb_latch_release_quiet(struct sb_latch *latch, bool all_stopped);

/* In the window. Cores that run this process next must not use instructions that they fetched
 * before; membarrier(2). */
void sb_sync_cores_quiet(void);

#endif
