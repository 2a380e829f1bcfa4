/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lp_arena_block {
	struct lp_arena_block *next; /* older block */
	size_t used;		     /* bytes handed out */
	size_t size;		     /* bytes in data */
	_Alignas(max_align_t) unsigned char data[];
};

#define BLOCK_SIZE ((size_t)1 << 18)

_Noreturn static void out_of_memory(void)
{
	fputs("error: out of memory\n", stderr);
	exit(1);
}

static struct lp_arena_block *block_new(struct lp_arena *arena, size_t size)
{
	size_t want = size > BLOCK_SIZE ? size : BLOCK_SIZE;

	if (want > SIZE_MAX - sizeof(struct lp_arena_block))
		out_of_memory();
	struct lp_arena_block *block = calloc(1, sizeof(*block) + want);

	if (!block)
		out_of_memory();
	block->size = want;
	block->next = arena->head;
	arena->head = block;
	return block;
}

void *lp_alloc(struct lp_arena *arena, size_t size)
{
	struct lp_arena_block *block = arena->head;
	const size_t align = _Alignof(max_align_t);

	if (size > SIZE_MAX - align)
		out_of_memory();
	size = (size + align - 1) & ~(align - 1);
	if (!block || block->size - block->used < size)
		block = block_new(arena, size);
	void *p = block->data + block->used;

	block->used += size;
	return p;
}

void *lp_alloc_array(struct lp_arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	return lp_alloc(arena, total);
}

void lp_arena_deinit(struct lp_arena *arena)
{
	while (arena->head) {
		struct lp_arena_block *block = arena->head;

		arena->head = block->next;
		free(block);
	}
}

void *lp_memdup(struct lp_arena *arena, const void *data, size_t size)
{
	void *p = lp_alloc(arena, size);

	if (size)
		memcpy(p, data, size);
	return p;
}

char *lp_strndup(struct lp_arena *arena, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = lp_alloc(arena, len + 1);

	memcpy(p, s, len);
	return p;
}

char *lp_strdup(struct lp_arena *arena, const char *s)
{
	return lp_memdup(arena, s, strlen(s) + 1);
}

char *lp_printf(struct lp_arena *arena, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory();
	char *p = lp_alloc(arena, (size_t)len + 1);

	vsnprintf(p, (size_t)len + 1, fmt, again);
	va_end(again);
	return p;
}
