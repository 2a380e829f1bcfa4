/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames and old values told apart, on a child whose thread and whose coroutine rest inside of
 * a function, or merely have its address lying around, or are below code that has no call
 * frame information.
 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "lib/file.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/unwind.h"

enum where {
	INSIDE,	   /* of target() */
	OLD_VALUE, /* in a frame of hold_old_value() */
	BELOW,	   /* the same, called by code without call frame information */
	ABOVE,	   /* the same, calls such code */
	N_WHERE
};

struct place {
	enum where where;
	int (*wait)(const struct place *place);
};
typedef int wait_fn(const struct place *place);

struct shared {
	atomic_int ready;
	atomic_int tid[N_WHERE];
	ucontext_t co[N_WHERE]; /* where the coroutines are suspended */
	u64 stack_end[N_WHERE]; /* of the coroutines */
};

static struct shared *sh;
static int block_fd;

/* The function that would be patched: rests in the middle of it (volatile: no tail call). Its
 * section tells its size. */
extern const char __start_target_text[], __stop_target_text[];
__attribute__((noinline, section("target_text"))) static int target(const struct place *place)
{
	volatile int n = place->wait(place);

	return n + 1;
}

/* Calls its first argument with its second; nobody can unwind through it, and rbp is no help. */
int call_without_cfi(wait_fn *wait, const struct place *place);
__asm__(".text\n"
	".type call_without_cfi, @function\n"
	"call_without_cfi:\n"
	"	pushq %rbp\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rdi, %rax\n"
	"	movq %rsi, %rdi\n"
	"	call *%rax\n"
	"	popq %rbp\n"
	"	ret\n"
	"call_without_cfi_end:\n"
	/* What a payload brings along for such a function: one CIE, one FDE, an end mark. */
	".section payload_frames,\"aw\"\n"
	"frames: .long 1f - 0f\n"
	"0:	.long 0\n"
	"	.byte 1\n"
	"	.string \"zR\"\n"
	"	.uleb128 1\n"
	"	.sleb128 -8\n"
	"	.uleb128 16\n"
	"	.uleb128 1\n"
	"	.byte 0x1b\n"	    /* addresses are relative, 4 bytes */
	"	.byte 0x0c, 7, 8\n" /* the CFA is rsp + 8 */
	"	.byte 0x90, 1\n"    /* below it the return address */
	"	.balign 8, 0\n"
	"1:	.long 3f - 2f\n"
	"2:	.long 2b - frames\n"
	"	.long call_without_cfi - .\n"
	"	.long call_without_cfi_end - call_without_cfi\n"
	"	.uleb128 0\n"
	"	.byte 0x41, 0x0e, 16\n" /* behind the push it is rsp + 16 */
	"	.byte 0x86, 2\n"	/* with rbp at its bottom */
	"	.balign 8, 0\n"
	"3:	.long 0\n"
	"frames_end: .text\n");
extern const char call_without_cfi_end[], frames[], frames_end[];

__attribute__((noinline)) static int hold_old_value(const struct place *place)
{
	volatile uintptr_t words[8];
	int n;

	for (int i = 0; i < 8; i++)
		words[i] = (uintptr_t)__start_target_text + 5;
	n = place->where == ABOVE ? call_without_cfi(place->wait, place) : place->wait(place);
	return n + (words[3] == 0);
}

static int run(const struct place *place)
{
	switch (place->where) {
	case INSIDE:
		return target(place);
	case OLD_VALUE:
	case ABOVE:
		return hold_old_value(place);
	case BELOW:
		return call_without_cfi(hold_old_value, place);
	case N_WHERE:
		break;
	}
	return 0;
}

/* ---- the child ---- */

static int wait_in_read(const struct place *place)
{
	char byte;

	sh->tid[place->where] = (int)syscall(SYS_gettid);
	sh->ready++;
	return (int)read(block_fd, &byte, 1);
}

static ucontext_t leader;

static int wait_in_coroutine(const struct place *place)
{
	volatile int n = swapcontext(&sh->co[place->where], &leader);

	return n;
}

static void *thread_main(void *arg)
{
	run(arg);
	return NULL;
}

static void coroutine_main(int where)
{
	struct place place = { (enum where)where, wait_in_coroutine };

	run(&place);
}

/* One coroutine and one thread that rest at WHERE. */
static void start(enum where where)
{
	static char stacks[N_WHERE][64 << 10] __attribute__((aligned(16)));
	static struct place places[N_WHERE];
	ucontext_t context;
	pthread_t t;

	getcontext(&context);
	context.uc_stack.ss_sp = stacks[where];
	context.uc_stack.ss_size = sizeof(stacks[where]);
	context.uc_link = &leader; /* as QEMU has it: what lies above the last frame is no 0 */
	makecontext(&context, (void (*)(void))coroutine_main, 1, (int)where);
	sh->stack_end[where] = (u64)(uintptr_t)(stacks[where] + sizeof(stacks[where]));
	swapcontext(&leader, &context);
	places[where] = (struct place){ where, wait_in_read };
	pthread_create(&t, NULL, thread_main, &places[where]);
}

static _Noreturn void child_main(void)
{
	static volatile int i; /* survives the switching */

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < N_WHERE; i++)
		start((enum where)i);
	for (;;)
		pause();
}

/* ---- the test's side ---- */

static pid_t child;
static int fds[2];
static struct lp_unwind *unwind;
static struct lp_threads threads;
static struct lp_ranges ranges;
static struct wire_range range;

static int setup(void **state)
{
	struct lp_stop_trouble trouble;
	u64 deadline = lp_now() + 10 * LP_S;

	(void)state;
	memset(sh, 0, sizeof(*sh));
	if (pipe(fds))
		return -1;
	block_fd = fds[0];
	child = fork();
	if (!child)
		child_main();
	while (sh->ready < N_WHERE && lp_left(deadline))
		usleep(1000);
	usleep(20000); /* into read() */
	range = (struct wire_range){ .start = (u64)(uintptr_t)__start_target_text,
				     .size = (u64)(__stop_target_text - __start_target_text) };
	lp_ranges_init(&ranges, &range, 1, false);
	unwind = lp_unwind_create(child);
	if (!unwind || lp_err_code(lp_threads_init(&threads, &arena, child, 0, NULL)))
		return -1;
	return lp_threads_seize_quiet(&threads, &trouble) ||
	       lp_threads_stop_quiet(&threads, deadline, &trouble);
}

static int teardown(void **state)
{
	lp_threads_release_quiet(&threads);
	lp_threads_deinit(&threads);
	lp_unwind_destroy(unwind);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fds[0]);
	close(fds[1]);
	return arena_teardown(state);
}

static struct user_regs_struct regs_of(pid_t tid)
{
	struct user_regs_struct none = { 0 };

	for (size_t i = 0; i < threads.n; i++) {
		if (threads.items[i].tid == tid)
			return threads.items[i].regs;
	}
	fail_msg("thread %d is not there", tid);
	return none;
}

/* What the search makes of thread TID, with or without the help of unwinding. */
static enum lp_busy_kind scan_thread(enum where where, bool with_unwind)
{
	struct lp_thread thread = { .state = LP_THREAD_STOPPED, .tid = sh->tid[where] };
	struct lp_threads one = { .items = &thread, .n = 1 };
	struct lp_scan scan = {
		.pid = child,
		.ranges = &ranges,
		.threads = &one,
		.deadline = lp_now() + 10 * LP_S,
		.buf = lp_alloc(&arena, LP_SCAN_CHUNK + 64),
		.unwind = with_unwind ? unwind : NULL,
	};

	thread.regs = regs_of(thread.tid);
	return lp_scan_all_quiet(&scan).kind;
}

static enum lp_busy_kind scan_context(enum where where, bool with_unwind)
{
	const greg_t *g = sh->co[where].uc_mcontext.gregs;
	struct wire_context ctx = { .id = 1,
				    .stack_lo = sh->stack_end[where] - (64 << 10),
				    .stack_hi = sh->stack_end[where],
				    .rip = (u64)g[REG_RIP],
				    .rsp = (u64)g[REG_RSP],
				    .rbp = (u64)g[REG_RBP],
				    .rbx = (u64)g[REG_RBX],
				    .r12 = (u64)g[REG_R12],
				    .r13 = (u64)g[REG_R13],
				    .r14 = (u64)g[REG_R14],
				    .r15 = (u64)g[REG_R15] };
	struct lp_threads none = { .n = 0 };
	struct lp_scan scan = {
		.pid = child,
		.ranges = &ranges,
		.threads = &none,
		.contexts = (const u8 *)&ctx,
		.n_contexts = 1,
		.deadline = lp_now() + 10 * LP_S,
		.buf = lp_alloc(&arena, LP_SCAN_CHUNK + 64),
		.unwind = with_unwind ? unwind : NULL,
	};

	return lp_scan_all_quiet(&scan).kind;
}

static void test_words_alone(void **state)
{
	(void)state;
	for (enum where w = INSIDE; w < N_WHERE; w++) {
		assert_int_equal(scan_thread(w, false), LP_BUSY_WORD);
		assert_int_equal(scan_context(w, false), LP_BUSY_WORD);
	}
}

static void test_threads(void **state)
{
	(void)state;
	assert_int_equal(scan_thread(INSIDE, true), LP_BUSY_FRAME);
	assert_int_equal(scan_thread(OLD_VALUE, true), LP_BUSY_NONE);
	assert_int_equal(scan_thread(BELOW, true), LP_BUSY_NONE);
	assert_int_equal(scan_thread(ABOVE, true), LP_BUSY_WORD); /* nobody can know */
}

static void test_coroutines(void **state)
{
	(void)state;
	assert_int_equal(scan_context(INSIDE, true), LP_BUSY_FRAME);
	assert_int_equal(scan_context(OLD_VALUE, true), LP_BUSY_NONE);
	assert_int_equal(scan_context(BELOW, true), LP_BUSY_NONE);
	assert_int_equal(scan_context(ABOVE, true), LP_BUSY_WORD);
}

static struct wire_code payload(const char *start, const char *end)
{
	return (struct wire_code){
		.text = (u64)(uintptr_t)call_without_cfi,
		.text_size =
			(u64)(call_without_cfi_end - (const char *)(uintptr_t)call_without_cfi),
		.frames = (u64)(uintptr_t)start,
		.frames_size = (u64)(end - start),
		.name = "fix",
	};
}

/* With the tables of the payload nothing ends there. */
static void test_payload(void **state)
{
	struct wire_code code = payload(frames, frames_end);
	struct user_regs_struct regs = regs_of(sh->tid[ABOVE]);

	(void)state;
	lp_unwind_add(unwind, &code, 1);
	for (enum where w = INSIDE; w < N_WHERE; w++) {
		enum lp_busy_kind want = w == INSIDE ? LP_BUSY_FRAME : LP_BUSY_NONE;

		assert_int_equal(scan_thread(w, true), want);
		assert_int_equal(scan_context(w, true), want);
	}
	struct lp_unwound u = lp_unwind_thread_quiet(unwind, &regs, &ranges);
	bool named = false;

	assert_int_equal(u.end, LP_UNWOUND_CLEAR);
	for (u32 i = 0; i < u.trail.n; i++)
		named |=
			!strncmp(lp_unwind_name(unwind, &arena, u.trail.pc[i]), "patch fix+0x", 12);
	assert_true(named);
}

/* Tables that are none, or are cut, tell nothing. */
static void test_bad_payload(void **state)
{
	struct wire_code bad[] = {
		payload(frames, frames),
		payload(frames, frames + 20),
		payload(frames + 3, frames_end),
		payload(__start_target_text, __stop_target_text),
		payload((const char *)8, (const char *)64),
	};

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(bad); i++) {
		lp_unwind_add(unwind, &bad[i], 1);
		assert_int_equal(scan_thread(ABOVE, true), LP_BUSY_WORD);
		assert_int_equal(scan_thread(INSIDE, true), LP_BUSY_FRAME);
	}
	bad[0].frames_size = UINT64_MAX;
	lp_unwind_add(unwind, bad, 1);
	assert_int_equal(scan_thread(ABOVE, true), LP_BUSY_WORD);
}

/* Threads end at their first frame; without it, or with registers that lead nowhere, nothing is
 * clear. */
static void test_ends(void **state)
{
	struct user_regs_struct good = regs_of(sh->tid[OLD_VALUE]), regs = good;
	struct lp_unwound u = lp_unwind_thread_quiet(unwind, &regs, &ranges);

	(void)state;
	assert_int_equal(u.end, LP_UNWOUND_CLEAR);
	regs.rsp = 8;
	u = lp_unwind_thread_quiet(unwind, &regs, &ranges);
	assert_int_equal(u.end, LP_UNWOUND_PARTLY);
	regs = good;
	regs.rip = 0;
	u = lp_unwind_thread_quiet(unwind, &regs, &ranges);
	assert_int_equal(u.end, LP_UNWOUND_PARTLY);
	assert_int_equal(u.sp, regs.rsp);
	regs.rip = (u64)(uintptr_t)sh; /* mapped, but no code */
	u = lp_unwind_thread_quiet(unwind, &regs, &ranges);
	assert_int_equal(u.end, LP_UNWOUND_PARTLY);
	assert_int_equal(u.sp, regs.rsp);
}

/* Where a copy of this program is mapped, so that a symbol of it can be asked for. */
static void *map_copy(const char *name, int prot, int flags, size_t *ret_size)
{
	const char *path = test_path(name);
	u8 *bytes;

	assert_ok(lp_file_read(&arena, "/proc/self/exe", (size_t)64 << 20, &bytes, ret_size));
	assert_ok(lp_file_write(path, bytes, *ret_size));
	int fd = open(path, O_RDWR);
	void *p = mmap(NULL, *ret_size, prot, flags, fd, 0);
	assert_true(p != MAP_FAILED);
	close(fd);
	return p;
}

extern const char __executable_start[];

static bool is_symbol_known(struct lp_unwind *u, const u8 *copy)
{
	u64 pc = (u64)(uintptr_t)copy +
		 (u64)((uintptr_t)call_without_cfi - (uintptr_t)__executable_start);

	return strstr(lp_unwind_name(u, &arena, pc), "call_without_cfi") != NULL;
}

/* A guest's memory may be a file that is mapped, and hold what looks like a program. */
static void test_only_code_is_opened(void **state)
{
	size_t size;
	u8 *data = map_copy("data", PROT_READ | PROT_WRITE, MAP_SHARED, &size);
	u8 *shared = map_copy("shared", PROT_READ | PROT_EXEC, MAP_SHARED, &size);
	u8 *code = map_copy("code", PROT_READ | PROT_EXEC, MAP_PRIVATE, &size);
	struct lp_unwind *u = lp_unwind_create(getpid());

	(void)state;
	assert_non_null(u);
	assert_true(is_symbol_known(u, code));
	assert_false(is_symbol_known(u, data));
	assert_false(is_symbol_known(u, shared));
	lp_unwind_destroy(u);
	munmap(data, size);
	munmap(shared, size);
	munmap(code, size);
}

#define UNWIND_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNWIND_TEST(test_words_alone),	UNWIND_TEST(test_threads),
		UNWIND_TEST(test_coroutines),	UNWIND_TEST(test_payload),
		UNWIND_TEST(test_bad_payload),	UNWIND_TEST(test_ends),
		TEST(test_only_code_is_opened),
	};

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
