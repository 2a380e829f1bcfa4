/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Memory of the runtime: pages straight from the kernel, never malloc(), because a stopped
 * thread may hold the allocator's lock, and because the program may have an allocator of its own.
 */
#ifndef SANDBOX_MEM_H
#define SANDBOX_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SB_PAGE 4096u

static inline uint64_t sb_align(uint64_t x, uint64_t align)
{
	return (x + align - 1) & ~(align - 1);
}

/* Have [ADDR, ADDR + SIZE) and [START, END) a byte in common? */
static inline bool sb_touches(uint64_t addr, uint64_t size, uint64_t start, uint64_t end)
{
	return addr < end && start < addr + size;
}

/* A growing byte string; all zero is an empty one. */
struct sb_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool failed; /* an append found no memory; nothing is appended from then on */
};

/* Room for at least CAP bytes in all. False, and failed set, without memory. */
bool sb_buf_reserve(struct sb_buf *buf, size_t cap);
bool sb_buf_append(struct sb_buf *buf, const void *data, size_t len);
/* Drops the first N bytes. */
void sb_buf_consume(struct sb_buf *buf, size_t n);
/* Empties it and gives back what is more than a few pages. */
void sb_buf_reset(struct sb_buf *buf);
void sb_buf_deinit(struct sb_buf *buf);

/* Memory that is given back in one piece; all zero is an empty one. */
struct sb_arena {
	struct sb_block *head;
};

/* SIZE zeroed bytes aligned to 16, or NULL. */
void *sb_alloc(struct sb_arena *arena, size_t size) __attribute__((malloc));
void *sb_alloc_array(struct sb_arena *arena, size_t n, size_t size) __attribute__((malloc));
void sb_arena_deinit(struct sb_arena *arena);

#endif
