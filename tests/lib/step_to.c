/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that rests at any instruction that is wanted, for a program that knows nothing of it:
 * this is preloaded into it. Reads orders from the fifo STEP_TO, one a line. Addresses are those of
 * `nm` of the program.
 *
 *	at F A [alt]	calls F, single-stepped, until A is next; rests there, in the handler of
 *			the trap (on a stack of its own). The thread is called "at", and "over"
 *			when F has returned
 *	go		lets it go on
 */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100

struct waiter { /* struct transfer of mini */
	void (*wait)(struct waiter *w);
	void *opaque;
	unsigned size, result;
};

static uintptr_t f, at;
static atomic_bool go, on_other_stack;
static const struct timespec nap = { .tv_nsec = 1000000 };
static char other_stack[64 << 10];

static int note_base(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(uintptr_t *)arg = info->dlpi_addr;
	return 1; /* the program comes first */
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	if ((uintptr_t)uc->uc_mcontext.gregs[REG_RIP] != at)
		return;
	prctl(PR_SET_NAME, "at");
	while (!go)
		nanosleep(&nap, NULL);
	uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static void do_nothing(struct waiter *w)
{
	w->size += 1;
}

static void *run(void *arg)
{
	stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	struct waiter w = { .wait = do_nothing, .size = 20 };
	void (*volatile call)(struct waiter * w) = (void (*)(struct waiter *))f;

	if (on_other_stack) {
		sigaltstack(&stack, NULL);
		action.sa_flags |= SA_ONSTACK;
	}
	sigaction(SIGTRAP, &action, NULL);
	__asm__ volatile("pushfq; orl %0, (%%rsp); popfq" : : "i"(TRAP_FLAG) : "memory", "cc");
	call(&w);
	prctl(PR_SET_NAME, w.size == 21 && w.result >= 41 ? "over" : "wrong");
	while (go) /* until the next order */
		nanosleep(&nap, NULL);
	return arg;
}

static void *read_orders(void *arg)
{
	FILE *fifo = fopen(getenv("STEP_TO"), "r+e");
	char line[128], verb[16], more[16];
	uintptr_t base = 0;
	pthread_t t;

	dl_iterate_phdr(note_base, &base);
	while (fifo && fgets(line, sizeof(line), fifo)) {
		int n = sscanf(line, "%15s %lx %lx %15s", verb, &f, &at, more);

		go = !strcmp(verb, "go");
		if (go)
			continue;
		f += base;
		at += base;
		on_other_stack = n == 4;
		if (!pthread_create(&t, NULL, run, NULL))
			pthread_detach(t);
	}
	return arg;
}

__attribute__((constructor)) static void start(void)
{
	pthread_t t;

	if (getenv("STEP_TO"))
		pthread_create(&t, NULL, read_orders, NULL);
}
