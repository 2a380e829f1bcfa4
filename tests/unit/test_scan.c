/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search of stacks, on memory of this very process: what counts as a word that leads into a
 * function, where a stack ends, which coroutine runs and which one is suspended.
 */
#include "tests/unit/test.h"

#include <sys/mman.h>

#include "raxlpxs/clock.h"
#include "raxlpxs/scan.h"

#define START UINT64_C(0x7f0000001000)
#define SIZE  UINT64_C(0x100)

static const struct wire_range one_range[] = { { .start = START, .size = SIZE, .name = "f" } };

/* A stack of two pages with pages that can't be read around it. */
static u64 *stack, *stack_end;
static u8 *memory;

static int setup(void **state)
{
	(void)state;
	memory = mmap(NULL, 4 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + 4096, 2 * 4096, PROT_READ | PROT_WRITE))
		return -1;
	stack = (u64 *)(void *)(memory + 4096);
	stack_end = stack + 1024;
	return 0;
}

static int teardown(void **state)
{
	munmap(memory, 4 * 4096);
	return arena_teardown(state);
}

#define SCAN_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

struct fixture {
	struct lp_ranges ranges;
	struct lp_threads threads;
	struct lp_thread thread[2];
	struct wire_context context[3];
	struct lp_scan scan;
};

static u64 addr(const u64 *p)
{
	return (u64)(uintptr_t)p;
}

static void init(struct fixture *f, bool entry_counts)
{
	memset(f, 0, sizeof(*f));
	assert_true(lp_ranges_init(&f->ranges, one_range, 1, entry_counts));
	f->threads.items = f->thread;
	f->scan = (struct lp_scan){
		.pid = getpid(),
		.ranges = &f->ranges,
		.threads = &f->threads,
		.contexts = (const u8 *)f->context,
		.deadline = lp_now() + 10 * LP_S,
		.buf = lp_alloc(&arena, LP_SCAN_CHUNK + 64),
	};
}

/* Thread N of the target rests with rsp at SP on a stack whose control block is at FS. */
static struct lp_thread *add_thread(struct fixture *f, const u64 *sp, const u64 *fs)
{
	struct lp_thread *t = &f->thread[f->threads.n++];

	*t = (struct lp_thread){ .tid = 100 + (pid_t)f->threads.n, .state = LP_THREAD_STOPPED };
	t->regs.rsp = addr(sp);
	t->regs.fs_base = addr(fs);
	return t;
}

static struct wire_context *add_context(struct fixture *f, const u64 *lo, const u64 *hi,
					const u64 *sp)
{
	struct wire_context *ctx = &f->context[f->scan.n_contexts++];

	*ctx = (struct wire_context){
		.id = 7, .stack_lo = addr(lo), .stack_hi = addr(hi), .rsp = addr(sp)
	};
	return ctx;
}

static enum lp_busy_kind kind(const struct fixture *f)
{
	return lp_scan_all_quiet(&f->scan).kind;
}

static void test_ranges_refuse_nonsense(void **state)
{
	struct wire_range empty = { .start = START };
	struct wire_range wraps = { .start = UINT64_MAX - 4, .size = 5 };
	struct lp_ranges ranges;

	(void)state;
	assert_false(lp_ranges_init(&ranges, &empty, 1, false));
	assert_false(lp_ranges_init(&ranges, &wraps, 1, false));
	assert_false(lp_ranges_init(&ranges, NULL, 0, false));
}

static void test_words(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	assert_int_equal(lp_ranges_word(&f.ranges, START - 1), 1);
	assert_int_equal(lp_ranges_word(&f.ranges, START), 1); /* a pointer to the function */
	assert_int_equal(lp_ranges_word(&f.ranges, START + 1), 0);
	assert_int_equal(lp_ranges_word(&f.ranges, START + SIZE), 0); /* behind a last call */
	assert_int_equal(lp_ranges_word(&f.ranges, START + SIZE + 1), 1);
	assert_int_equal(lp_ranges_at(&f.ranges, START), 0);
	assert_int_equal(lp_ranges_at(&f.ranges, START + SIZE), 1);
	init(&f, true);
	assert_int_equal(lp_ranges_word(&f.ranges, START), 0);
}

static void test_several_ranges(void **state)
{
	static const struct wire_range items[] = { { .start = 0x5000, .size = 0x10 },
						   { .start = 0x1000, .size = 0x10 },
						   { .start = 0x1008, .size = 0x1000 } };
	struct lp_ranges ranges;

	(void)state;
	assert_true(lp_ranges_init(&ranges, items, 3, false));
	assert_int_equal(lp_ranges_word(&ranges, 0x5008), 0);
	assert_int_equal(lp_ranges_word(&ranges, 0x1004), 1);
	assert_int_equal(lp_ranges_word(&ranges, 0x1fff), 2);
	assert_int_equal(lp_ranges_word(&ranges, 0x3000), 3);
}

static void test_read_stops_at_the_guard(void **state)
{
	static u8 buf[4 * 4096];

	(void)state;
	assert_int_equal(lp_scan_read_quiet(getpid(), addr(stack) + 8, buf, 8192), 8192 - 8);
	assert_int_equal(lp_scan_read_quiet(getpid(), addr(stack) + 8, buf, 4096), 4096);
	assert_int_equal(lp_scan_read_quiet(getpid(), addr(stack) - 4096, buf, 8), 0);
}

static void test_quiet_thread(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	add_thread(&f, stack + 100, stack_end - 10);
	assert_int_equal(kind(&f), LP_BUSY_NONE);
}

static void test_word_on_stack(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	add_thread(&f, stack + 100, stack_end - 10);
	stack_end[-11] = START + 5; /* the last word of the live part */
	struct lp_busy busy = lp_scan_all_quiet(&f.scan);
	assert_int_equal(busy.kind, LP_BUSY_WORD);
	assert_int_equal(busy.tid, 101);
	assert_int_equal(busy.range, 0);
	stack_end[-11] = 0;
	stack_end[-10] = START + 5; /* the first one behind it */
	assert_int_equal(kind(&f), LP_BUSY_NONE);
	stack[100 - 16] = START + 5; /* the red zone */
	assert_int_equal(kind(&f), LP_BUSY_WORD);
	stack[100 - 16] = 0;
	stack[100 - 17] = START + 5; /* dead */
	assert_int_equal(kind(&f), LP_BUSY_NONE);
}

static void test_registers(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	struct lp_thread *t = add_thread(&f, stack + 100, stack_end);
	t->regs.rip = START;
	assert_int_equal(kind(&f), LP_BUSY_FRAME);
	t->regs.rip = 0;
	t->regs.r15 = START + 1;
	assert_int_equal(kind(&f), LP_BUSY_WORD);
	t->regs.r15 = START; /* about to call it: lands on the jump */
	assert_int_equal(kind(&f), LP_BUSY_NONE);
}

static void test_second_thread_counts(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	add_thread(&f, stack + 600, stack_end);
	struct lp_thread *t = add_thread(&f, stack + 100, stack + 500);
	stack[400] = START + 9;
	struct lp_busy busy = lp_scan_all_quiet(&f.scan);
	assert_int_equal(busy.kind, LP_BUSY_WORD);
	assert_int_equal(busy.tid, t->tid);
	t->state = LP_THREAD_GONE;
	assert_int_equal(kind(&f), LP_BUSY_NONE);
}

static void test_unknown_stack_is_busy(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	struct lp_thread *t = add_thread(&f, stack + 100, NULL); /* no thread control block */
	assert_int_equal(kind(&f), LP_BUSY_STACK);
	t->regs.fs_base = addr(stack_end + 100); /* behind the guard: not of this stack */
	assert_int_equal(kind(&f), LP_BUSY_STACK);
	t->regs.fs_base = addr(stack_end);
	t->regs.rsp += 4;
	assert_int_equal(kind(&f), LP_BUSY_STACK);
	t->tid = getpid(); /* the first thread: fs says nothing about its stack */
	t->regs.rsp -= 4;
	assert_int_equal(kind(&f), LP_BUSY_STACK);
	f.scan.main_stack_end = addr(stack_end);
	assert_int_equal(kind(&f), LP_BUSY_NONE);
}

static void test_signal_stack_is_busy(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	add_thread(&f, stack + 100, stack_end);
	stack[203] = UINT64_C(0x002b000000000033);
	stack[200] = addr(stack + 300); /* interrupted further up on the same stack */
	assert_int_equal(kind(&f), LP_BUSY_NONE);
	stack[200] = addr(stack) - 100000;
	assert_int_equal(kind(&f), LP_BUSY_SIGNAL);
}

static void test_chunk_border(void **state)
{
	size_t len = LP_SCAN_CHUNK + 8192;
	u8 *big =
		mmap(NULL, len + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u64 *words = (u64 *)(void *)big, *sp = words + 16, *end = words + len / 8;
	size_t border = LP_SCAN_CHUNK / 8; /* first word of the second chunk: red zone counts */
	struct fixture f;

	(void)state;
	assert_ptr_not_equal(big, MAP_FAILED);
	init(&f, false);
	add_thread(&f, sp, end);
	for (size_t at = border - 1; at <= border; at++) {
		words[at] = START + 1;
		assert_int_equal(kind(&f), LP_BUSY_WORD);
		words[at] = 0;
	}
	words[border] = UINT64_C(0x002b000000000033);
	words[border - 3] = addr(sp + 50);
	assert_int_equal(kind(&f), LP_BUSY_NONE);
	words[border - 3] = 1;
	assert_int_equal(kind(&f), LP_BUSY_SIGNAL);
	munmap(big, len + 4096);
}

static void test_suspended_coroutine(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	add_context(&f, stack, stack_end, stack + 200);
	stack[199] = START + 3; /* below rsp: dead */
	assert_int_equal(kind(&f), LP_BUSY_NONE);
	stack[1023] = START + 3;
	struct lp_busy busy = lp_scan_all_quiet(&f.scan);
	assert_int_equal(busy.kind, LP_BUSY_WORD);
	assert_int_equal(busy.tid, 0);
	assert_int_equal(busy.context, 7);
	stack[1023] = 0;
	f.context[0].rip = START + 3;
	assert_int_equal(kind(&f), LP_BUSY_FRAME);
}

static void test_opaque_coroutine(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	struct wire_context *ctx = add_context(&f, stack, stack_end, stack + 200);
	ctx->flags = WIRE_CONTEXT_UNKNOWN;
	assert_int_equal(kind(&f), LP_BUSY_OPAQUE);
	ctx->flags = 0;
	ctx->rsp = addr(stack) - 8;
	assert_int_equal(kind(&f), LP_BUSY_OPAQUE);
	ctx->rsp = addr(stack_end) + 8;
	assert_int_equal(kind(&f), LP_BUSY_STACK);
	ctx->rsp = addr(stack);
	ctx->stack_hi = UINT64_MAX & ~UINT64_C(7);
	assert_int_equal(kind(&f), LP_BUSY_STACK);
}

/* A running coroutine is judged by its thread's registers, not by what it saved long ago; the
 * stack of the thread itself is a suspended context then. */
static void test_running_coroutine(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	struct lp_thread *t = add_thread(&f, stack + 50, stack_end);
	struct wire_context *co = add_context(&f, stack, stack + 400, stack + 300);
	co->rip = START + 3; /* stale */
	co->flags = WIRE_CONTEXT_UNKNOWN;
	assert_int_equal(kind(&f), LP_BUSY_LEADER);
	struct wire_context *leader = add_context(&f, stack + 400, stack_end, stack + 900);
	leader->tid = (u32)t->tid;
	assert_int_equal(kind(&f), LP_BUSY_NONE);
	stack[399] = START + 3; /* in the coroutine */
	assert_int_equal(kind(&f), LP_BUSY_WORD);
	stack[399] = 0;
	stack[950] = START + 3; /* below it, in the thread */
	struct lp_busy busy = lp_scan_all_quiet(&f.scan);
	assert_int_equal(busy.kind, LP_BUSY_WORD);
	assert_int_equal(busy.tid, t->tid);
	leader->flags = WIRE_CONTEXT_UNKNOWN;
	assert_int_equal(kind(&f), LP_BUSY_OPAQUE);
	/* Back on its own stack the thread speaks for itself. */
	t->regs.rsp = addr(stack + 980);
	co->flags = 0;
	co->rip = 0;
	assert_int_equal(kind(&f), LP_BUSY_NONE);
}

static void test_late(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, false);
	add_thread(&f, stack + 100, stack_end);
	f.scan.deadline = lp_now();
	assert_int_equal(kind(&f), LP_BUSY_LATE);
}

static void test_main_stack_end(void **state)
{
	(void)state;
	assert_int_equal(lp_scan_main_stack_end("1000-2000 r-xp 0 0:0 0 /a\n"
						"7000-9000 rw-p 0 0:0 0   [stack]\n"
						"a000-b000 r-xp 0 0:0 0   [vdso]\n"),
			 0x9000);
	assert_int_equal(lp_scan_main_stack_end("1000-2000 r-xp 0 0:0 0 /a\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ranges_refuse_nonsense),
		TEST(test_words),
		TEST(test_several_ranges),
		SCAN_TEST(test_read_stops_at_the_guard),
		SCAN_TEST(test_quiet_thread),
		SCAN_TEST(test_word_on_stack),
		SCAN_TEST(test_registers),
		SCAN_TEST(test_second_thread_counts),
		SCAN_TEST(test_unknown_stack_is_busy),
		SCAN_TEST(test_signal_stack_is_busy),
		TEST(test_chunk_border),
		SCAN_TEST(test_suspended_coroutine),
		SCAN_TEST(test_opaque_coroutine),
		SCAN_TEST(test_running_coroutine),
		SCAN_TEST(test_late),
		TEST(test_main_stack_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
