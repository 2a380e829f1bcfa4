/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coroutines in the manner of QEMU: makecontext() gives a stack its first frame, from then on
 * sigsetjmp() and siglongjmp() switch. The thread's own stack is the leader; while a coroutine
 * runs, the leader is what is suspended. The runtime is told of both.
 */
#undef _FORTIFY_SOURCE /* its longjmp() refuses to go to another stack */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "mini.h"

#define STACK_SIZE (256u << 10)

struct coroutine {
	sigjmp_buf env;
	void *stack;
	void (*entry)(void *arg);
	void *arg;
	bool is_done;
	ucontext_t *boot; /* only while it is made */
};

/* Entered from one thread only, the event loop's. */
static struct coroutine leader;
static bool is_leader_known;

static void switch_to(struct coroutine *from, struct coroutine *to)
{
	if (!sigsetjmp(from->env, 0))
		siglongjmp(to->env, 1);
}

static void trampoline(unsigned lo, unsigned hi)
{
	struct coroutine *co = (struct coroutine *)((uintptr_t)lo | (uintptr_t)hi << 32);
	ucontext_t here;

	if (!sigsetjmp(co->env, 0))
		swapcontext(&here, co->boot);
	co->entry(co->arg);
	co->is_done = true;
	switch_to(co, &leader);
	abort(); /* a coroutine that is done is not entered again */
}

static void register_leader(void)
{
	pthread_attr_t attr;
	void *stack = NULL;
	size_t size = 0;

	is_leader_known = true;
	if (!pthread_getattr_np(pthread_self(), &attr)) {
		pthread_attr_getstack(&attr, &stack, &size);
		pthread_attr_destroy(&attr);
	}
	sandbox_context_add(&leader, stack, size, &leader.env, 0);
}

/* Runs the trampoline up to its sigsetjmp(): from then on co->env is valid. */
static int boot(struct coroutine *co)
{
	ucontext_t context, back;

	if (getcontext(&context))
		return -1;
	co->boot = &back;
	context.uc_stack.ss_sp = co->stack;
	context.uc_stack.ss_size = STACK_SIZE;
	context.uc_link = NULL;
	makecontext(&context, (void (*)(void))trampoline, 2, (unsigned)(uintptr_t)co,
		    (unsigned)((uintptr_t)co >> 32));
	return swapcontext(&back, &context);
}

struct coroutine *coroutine_create(void (*entry)(void *arg), void *arg)
{
	struct coroutine *co = calloc(1, sizeof(*co));

	if (!co)
		return NULL;
	co->entry = entry;
	co->arg = arg;
	co->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (co->stack == MAP_FAILED || boot(co)) {
		free(co);
		return NULL;
	}
	if (!is_leader_known)
		register_leader();
	sandbox_context_add(co, co->stack, STACK_SIZE, &co->env, 0);
	return co;
}

void coroutine_enter(struct coroutine *co)
{
	switch_to(&leader, co);
}

void coroutine_yield(struct coroutine *co)
{
	switch_to(co, &leader);
}

bool coroutine_is_done(const struct coroutine *co)
{
	return co->is_done;
}

void coroutine_destroy(struct coroutine *co)
{
	sandbox_context_remove(co);
	munmap(co->stack, STACK_SIZE);
	free(co);
}
