/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registry of coroutines, with a real jmp_buf on another stack, and with many threads. */
#undef _FORTIFY_SOURCE /* its longjmp() refuses to go to another stack */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "runtime/contexts.h"
#include "runtime/sandbox.h"
#include "tests/unit/test.h"

#define STACK (64u << 10)

/* Laid out as QEMU's CoroutineUContext: something, the stack, the registers. */
struct object {
	u8 base[88];
	void *stack;
	size_t stack_size;
	sigjmp_buf env;
};

static int mem_fd = -1;
static ucontext_t here;
static struct object *booting;
static u64 marker; /* an address in the coroutine's frame */

static void body(void)
{
	volatile u64 local = 0;

	marker = (u64)(uintptr_t)&local;
	if (!sigsetjmp(booting->env, 0))
		swapcontext(&(ucontext_t){ 0 }, &here);
	abort(); /* nobody comes back */
}

static struct object *suspended(void)
{
	struct object *co = calloc(1, sizeof(*co));
	ucontext_t context;

	assert_non_null(co);
	co->stack_size = STACK;
	co->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(co->stack != MAP_FAILED);
	booting = co;
	assert_int_equal(getcontext(&context), 0);
	context.uc_stack.ss_sp = co->stack;
	context.uc_stack.ss_size = STACK;
	context.uc_link = NULL;
	makecontext(&context, body, 0);
	swapcontext(&here, &context);
	return co;
}

static void release(struct object *co)
{
	munmap(co->stack, STACK);
	free(co);
}

/* The one context whose id is ID; false when there is none. */
static bool find(const void *id, struct wire_context *ret)
{
	struct sb_context_iter it = { 0 };

	while (sb_context_next(mem_fd, &it, ret))
		if (ret->id == (u64)(uintptr_t)id)
			return true;
	return false;
}

static void assert_body(const struct wire_context *context)
{
	assert_int_equal(context->flags, 0);
	assert_int_equal(context->tid, 0);
	/* Suspended in body(), whose frame holds the marker. */
	assert_true(context->rip > (u64)(uintptr_t)body &&
		    context->rip < (u64)(uintptr_t)body + 512);
	assert_true(context->rsp <= marker && marker < context->rsp + 4096);
	assert_true(context->rsp > context->stack_lo && context->rsp <= context->stack_hi);
}

static void registers_are_demangled(void **state)
{
	struct object *co = suspended();
	struct wire_context context;

	(void)state;
	assert_int_equal(sandbox_context_add(co, co->stack, STACK, &co->env, 0), 0);
	assert_true(find(co, &context));
	assert_body(&context);
	assert_int_equal(context.stack_lo, (uintptr_t)co->stack);
	assert_int_equal(context.stack_hi, (uintptr_t)co->stack + STACK);
	sandbox_context_remove(co);
	assert_false(find(co, &context));
	release(co);
}

static void registers_are_found_in_the_object(void **state)
{
	struct object *co = suspended();
	struct wire_context context;

	(void)state;
	assert_int_equal(sandbox_context_add(co, co->stack, STACK, NULL, sizeof(*co)), 0);
	assert_true(find(co, &context));
	assert_body(&context);
	sandbox_context_remove(co);
	release(co);
}

/* As with a leader: registered before its first switch. */
static void registers_may_come_later(void **state)
{
	struct object *co = suspended();
	struct wire_context context;
	sigjmp_buf saved;

	(void)state;
	memcpy(&saved, &co->env, sizeof(saved));
	memset(&co->env, 0, sizeof(co->env));
	assert_int_equal(sandbox_context_add(co, co->stack, STACK, NULL, sizeof(*co)), 0);
	assert_true(find(co, &context));
	assert_int_equal(context.flags, WIRE_CONTEXT_UNKNOWN);
	memcpy(&co->env, &saved, sizeof(saved));
	assert_true(find(co, &context));
	assert_body(&context);
	sandbox_context_remove(co);
	release(co);
}

static void foreign_registers_are_unknown(void **state)
{
	struct object *co = suspended();
	struct wire_context context;

	(void)state;
	/* Registers that point to another stack than the one that was given. */
	assert_int_equal(sandbox_context_add(co, co, 64, &co->env, 0), 0);
	assert_true(find(co, &context));
	assert_int_equal(context.flags, WIRE_CONTEXT_UNKNOWN);
	assert_int_equal(context.rip, 0);
	sandbox_context_remove(co);
	/* An object that is not there any more. */
	assert_int_equal(sandbox_context_add((void *)0x1000, co->stack, STACK, (void *)0x1000, 0),
			 0);
	assert_true(find((void *)0x1000, &context));
	assert_int_equal(context.flags, WIRE_CONTEXT_UNKNOWN);
	sandbox_context_remove((void *)0x1000);
	release(co);
}

static void own_stack_means_a_leader(void **state)
{
	struct wire_context context;
	pthread_attr_t attr;
	void *stack;
	size_t size;

	(void)state;
	assert_int_equal(pthread_getattr_np(pthread_self(), &attr), 0);
	pthread_attr_getstack(&attr, &stack, &size);
	pthread_attr_destroy(&attr);
	assert_int_equal(sandbox_context_add(&attr, stack, size, NULL, 0), 0);
	assert_true(find(&attr, &context));
	assert_int_equal(context.tid, gettid());
	sandbox_context_remove(&attr);
}

static void registry_grows(void **state)
{
	struct sb_context_iter it = { 0 };
	struct wire_context context;
	size_t n = 0, before = sb_context_count();

	(void)state;
	for (uintptr_t i = 1; i <= 1000; i++)
		assert_int_equal(
			sandbox_context_add((void *)(i * 64), (void *)0x10000, 64, NULL, 0), 0);
	assert_int_equal(sb_context_count(), before + 1000);
	while (sb_context_next(mem_fd, &it, &context))
		n++;
	assert_int_equal(n, before + 1000);
	for (uintptr_t i = 1000; i >= 1; i--)
		sandbox_context_remove((void *)(i * 64));
	assert_int_equal(sb_context_count(), before);
	sandbox_context_remove((void *)64); /* not there: nothing happens */
	assert_int_equal(sb_context_count(), before);
}

#define THREADS 4
#define ROUNDS	20000

static void *churn(void *arg)
{
	uintptr_t base = 0x100000 * (1 + (uintptr_t) * (int *)arg);

	for (uintptr_t i = 0; i < ROUNDS; i++) {
		void *id = (void *)(base + i % 200 * 64);

		sandbox_context_add(id, (void *)base, 64, NULL, 0);
		sandbox_context_remove(id);
	}
	return NULL;
}

/* Every context that a reader sees is one that some thread registered, with its own stack. */
static void threads_and_a_reader_agree(void **state)
{
	pthread_t threads[THREADS];
	int idx[THREADS];
	struct wire_context context;

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		idx[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &idx[i]), 0);
	}
	for (int round = 0; round < 200; round++) {
		struct sb_context_iter it = { 0 };

		while (sb_context_next(mem_fd, &it, &context))
			if (context.id > 1)
				assert_true(context.id >= 0x100000 &&
					    context.id < 0x100000 * (THREADS + 1));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(sb_context_count(), 0);
}

static int setup(void **state)
{
	(void)state;
	mem_fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	return mem_fd < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_are_demangled),	  TEST(registers_are_found_in_the_object),
		TEST(registers_may_come_later),	  TEST(foreign_registers_are_unknown),
		TEST(own_stack_means_a_leader),	  TEST(registry_grows),
		TEST(threads_and_a_reader_agree),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
