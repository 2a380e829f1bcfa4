/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Chunks of slots that are claimed by compare-and-swap and never freed:
 *
 *	head -> chunk { next, slot[0..127] } -> chunk { ... } -> NULL
 *	slot.id: 0 free, 1 being filled, else the coroutine's address (published last)
 */
#include "runtime/contexts.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/sandbox.h"
#include "runtime/sys.h"

#define SLOTS	127
#define FREE	0
#define FILLING 1

/* The program calls these for each coroutine: they are not part of the listener's code (idle.h),
 * but of .text.hot. */
#define HOT __attribute__((hot))

/* Where glibc for x86-64 keeps a register in a jmp_buf; rbp, rsp and rip are mangled. */
enum jmp_word { JB_RBX, JB_RBP, JB_R12, JB_R13, JB_R14, JB_R15, JB_RSP, JB_RIP, JB_WORDS };

struct slot {
	_Atomic uintptr_t id;
	_Atomic uintptr_t stack_lo, stack_hi;
	_Atomic uintptr_t env; /* 0: not found yet */
	_Atomic size_t object_size;
	_Atomic uint32_t tid;
};

struct chunk {
	_Atomic(struct chunk *) next;
	struct slot slots[SLOTS];
};

static struct chunk first;
static atomic_size_t n_contexts;
static atomic_size_t n_lost; /* registered when there was no memory: nothing is known of them */

extern const char __executable_start[] __attribute__((visibility("hidden")));
extern const char etext[];

HOT static uintptr_t demangle(uintptr_t word)
{
	uintptr_t guard;

	__asm__("mov %%fs:0x30, %0" : "=r"(guard));
	return ((word >> 17) | (word << 47)) ^ guard;
}

/* True if the words could be the saved registers of a context on this stack. */
HOT static bool is_env(const uintptr_t words[JB_WORDS], uintptr_t lo, uintptr_t hi)
{
	uintptr_t rsp = demangle(words[JB_RSP]);
	uintptr_t rip = demangle(words[JB_RIP]);

	return rsp > lo && rsp <= hi && rsp % 8 == 0 && rip >= (uintptr_t)__executable_start &&
	       rip < (uintptr_t)etext;
}

/* Searches an object, read as WORDS, that lies at ID; the address of the jmp_buf in it, or 0. */
HOT static uintptr_t find_env(const uintptr_t *words, size_t n, uintptr_t id, uintptr_t lo,
			      uintptr_t hi)
{
	for (size_t i = 0; i + JB_WORDS <= n; i++)
		if (is_env(words + i, lo, hi))
			return id + i * sizeof(*words);
	return 0;
}

/* A slot that this thread may fill, or NULL without memory. */
HOT static struct slot *claim(uintptr_t id)
{
	struct chunk *chunk = &first;

	for (;;) {
		struct chunk *next;

		for (size_t i = 0; i < SLOTS; i++) {
			struct slot *slot = &chunk->slots[(id / 64 + i) % SLOTS];
			uintptr_t expected = FREE;

			if (atomic_load_explicit(&slot->id, memory_order_relaxed) == FREE &&
			    atomic_compare_exchange_strong(&slot->id, &expected, FILLING))
				return slot;
		}
		next = atomic_load(&chunk->next);
		if (!next) {
			struct chunk *fresh = mmap(NULL, sizeof(*fresh), PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (fresh == MAP_FAILED)
				return NULL;
			if (atomic_compare_exchange_strong(&chunk->next, &next, fresh))
				next = fresh;
			else /* another thread was first */
				munmap(fresh, sizeof(*fresh));
		}
		chunk = next;
	}
}

HOT int sandbox_context_add(void *id, void *stack, size_t size, const void *env, size_t object_size)
{
	uintptr_t lo = (uintptr_t)stack, hi = lo + size;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct slot *slot = claim((uintptr_t)id);

	atomic_fetch_add(&n_contexts, 1);
	if (!slot) {
		atomic_fetch_add(&n_lost, 1);
		return -1;
	}
	if (!env && object_size)
		env = (const void *)find_env(id, object_size / sizeof(uintptr_t), (uintptr_t)id, lo,
					     hi);
	atomic_store_explicit(&slot->stack_lo, lo, memory_order_relaxed);
	atomic_store_explicit(&slot->stack_hi, hi, memory_order_relaxed);
	atomic_store_explicit(&slot->env, (uintptr_t)env, memory_order_relaxed);
	atomic_store_explicit(&slot->object_size, object_size, memory_order_relaxed);
	/* Called on the very stack that is registered: it is the thread's own. */
	atomic_store_explicit(&slot->tid,
			      here >= lo && here < hi ? (uint32_t)syscall(SYS_gettid) : 0,
			      memory_order_relaxed);
	atomic_store(&slot->id, (uintptr_t)id);
	return 0;
}

HOT void sandbox_context_remove(void *id)
{
	for (struct chunk *chunk = &first; chunk; chunk = atomic_load(&chunk->next)) {
		for (size_t i = 0; i < SLOTS; i++) {
			struct slot *slot = &chunk->slots[((uintptr_t)id / 64 + i) % SLOTS];

			if (atomic_load(&slot->id) != (uintptr_t)id)
				continue;
			atomic_store(&slot->id, FREE);
			atomic_fetch_sub(&n_contexts, 1);
			return;
		}
	}
	/* Not found: one of those that could not be registered. */
	if (atomic_load(&n_lost)) {
		atomic_fetch_sub(&n_lost, 1);
		atomic_fetch_sub(&n_contexts, 1);
	}
}

size_t sb_context_count(void)
{
	return atomic_load(&n_contexts);
}

/* The object may be gone, which the kernel answers with an error. Where /proc/self/mem can't be
 * had, a process may still read its own memory as if it were another's. */
static bool read_words(int mem_fd, uintptr_t addr, uintptr_t *words, size_t n)
{
	struct iovec local = { words, n * sizeof(*words) };
	struct iovec remote = { (void *)addr, local.iov_len };
	long size = (long)local.iov_len;

	if (mem_fd >= 0)
		return sb_sys(SYS_pread64, (uint64_t)mem_fd, (uint64_t)(uintptr_t)words,
			      (uint64_t)size, addr) == size;
	return sb_sys6(SYS_process_vm_readv, (uint64_t)getpid(), (uint64_t)(uintptr_t)&local, 1,
		       (uint64_t)(uintptr_t)&remote, 1, 0) == size;
}

static void fill_registers(int mem_fd, const struct slot *slot, struct wire_context *ret)
{
	uintptr_t words[128] = { 0 };
	uintptr_t env = atomic_load_explicit(&slot->env, memory_order_relaxed);
	size_t n = atomic_load_explicit(&slot->object_size, memory_order_relaxed) / sizeof(*words);

	if (!env) {
		if (n > sizeof(words) / sizeof(*words))
			n = sizeof(words) / sizeof(*words);
		if (n && read_words(mem_fd, ret->id, words, n))
			env = find_env(words, n, ret->id, ret->stack_lo, ret->stack_hi);
	}
	if (!env || !read_words(mem_fd, env, words, JB_WORDS) ||
	    !is_env(words, ret->stack_lo, ret->stack_hi)) {
		ret->flags = WIRE_CONTEXT_UNKNOWN;
		return;
	}
	ret->rip = demangle(words[JB_RIP]);
	ret->rsp = demangle(words[JB_RSP]);
	ret->rbp = demangle(words[JB_RBP]);
	ret->rbx = words[JB_RBX];
	ret->r12 = words[JB_R12];
	ret->r13 = words[JB_R13];
	ret->r14 = words[JB_R14];
	ret->r15 = words[JB_R15];
}

static void describe(int mem_fd, const struct slot *slot, uintptr_t id, struct wire_context *ret)
{
	*ret = (struct wire_context){
		.id = id,
		.stack_lo = atomic_load_explicit(&slot->stack_lo, memory_order_relaxed),
		.stack_hi = atomic_load_explicit(&slot->stack_hi, memory_order_relaxed),
		.tid = atomic_load_explicit(&slot->tid, memory_order_relaxed),
	};
	if (id == FILLING)
		*ret = (struct wire_context){ .id = id, .flags = WIRE_CONTEXT_UNKNOWN };
	else
		fill_registers(mem_fd, slot, ret);
}

bool sb_context_next(int mem_fd, struct sb_context_iter *it, struct wire_context *ret)
{
	const struct chunk *chunk = it->chunk ? it->chunk : &first;

	while (!it->end) {
		while (it->slot < SLOTS) {
			const struct slot *slot = &chunk->slots[it->slot++];
			uintptr_t id = atomic_load(&slot->id);

			it->chunk = chunk;
			if (id == FREE)
				continue;
			describe(mem_fd, slot, id, ret);
			return true;
		}
		chunk = atomic_load(&chunk->next);
		it->slot = 0;
		it->end = !chunk;
	}
	if (it->told_lost || !atomic_load(&n_lost))
		return false;
	it->told_lost = true;
	*ret = (struct wire_context){ .flags = WIRE_CONTEXT_UNKNOWN };
	return true;
}
