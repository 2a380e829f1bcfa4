/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Buffers and arenas on mmap(): no locks, also usable while the other threads are stopped. */
#include "runtime/mem.h"

#include <string.h>
#include <sys/mman.h>

#define KEEP  (64u << 10) /* bytes that an idle buffer may hold on to */
#define BLOCK (64u << 10) /* least size of an arena block */

static void *map_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

bool sb_buf_reserve(struct sb_buf *buf, size_t cap)
{
	void *p;

	if (cap <= buf->cap)
		return true;
	if (cap < 2 * buf->cap)
		cap = 2 * buf->cap;
	cap = sb_align(cap, SB_PAGE);
	if (!buf->data)
		p = map_pages(cap);
	else
		p = mremap(buf->data, buf->cap, cap, MREMAP_MAYMOVE);
	if (!p || p == MAP_FAILED) {
		buf->failed = true;
		return false;
	}
	buf->data = p;
	buf->cap = cap;
	return true;
}

bool sb_buf_append(struct sb_buf *buf, const void *data, size_t len)
{
	if (buf->failed || !sb_buf_reserve(buf, buf->len + len))
		return false;
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	return true;
}

void sb_buf_consume(struct sb_buf *buf, size_t n)
{
	buf->len -= n;
	if (buf->len)
		memmove(buf->data, buf->data + n, buf->len);
}

void sb_buf_reset(struct sb_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->cap > KEEP)
		sb_buf_deinit(buf);
}

void sb_buf_deinit(struct sb_buf *buf)
{
	if (buf->data)
		munmap(buf->data, buf->cap);
	*buf = (struct sb_buf){ 0 };
}

struct sb_block {
	struct sb_block *next;
	size_t size; /* of the mapping */
	size_t used; /* from its start, this header included */
	size_t pad;
};

void *sb_alloc(struct sb_arena *arena, size_t size)
{
	struct sb_block *block = arena->head;
	uint8_t *p;

	if (size > SIZE_MAX / 4)
		return NULL;
	size = sb_align(size ? size : 1, 16);
	if (!block || block->size - block->used < size) {
		size_t want = sizeof(*block) + size;

		want = want < BLOCK ? BLOCK : sb_align(want, SB_PAGE);
		block = map_pages(want);
		if (!block)
			return NULL;
		block->size = want;
		block->used = sizeof(*block);
		block->next = arena->head;
		arena->head = block;
	}
	p = (uint8_t *)block + block->used;
	block->used += size;
	return p;
}

void *sb_alloc_array(struct sb_arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return NULL;
	return sb_alloc(arena, total);
}

void sb_arena_deinit(struct sb_arena *arena)
{
	struct sb_block *block = arena->head;

	arena->head = NULL;
	while (block) {
		struct sb_block *next = block->next;

		munmap(block, block->size);
		block = next;
	}
}
