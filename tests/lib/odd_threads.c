/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that are hard to stop or to look at, for a program that knows nothing of them: this is
 * preloaded into it. Reads commands from the fifo ODD_THREADS, one a line. Addresses are those of
 * `nm` of the program.
 *
 *	worker		a read through io_uring that never ends: a thread of the kernel's
 *	stale F		sleeps for ever with words on its stack that point into F, where no frame
 *			is: in its own frame and in what it has left behind below
 *	under F G	sleeps for ever inside F, which calls its argument's first member, and has
 *			such words of G further up
 *	vfork		can't be stopped: waits in vfork() for a child that sleeps for ever
 *	storm N		N threads that start and join others all the time; 0 ends them
 *
 * When a thread is where it stays, its name is the command's.
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

#include "io_worker.h"

struct waiter { /* struct transfer of mini */
	void (*wait)(struct waiter *w);
	void *opaque;
	unsigned size, result;
};

struct order {
	char verb[16];
	uintptr_t f, g;
};

static atomic_uint storm;

static int note_base(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(uintptr_t *)arg = info->dlpi_addr;
	return 1; /* the program comes first */
}

static void sleep_for_ever(struct waiter *w)
{
	prctl(PR_SET_NAME, w->opaque);
	for (;;)
		pause();
}

__attribute__((noinline)) static void leave_words(uintptr_t word)
{
	volatile uintptr_t words[512];

	for (unsigned i = 0; i < 512; i++)
		words[i] = word;
}

__attribute__((noinline)) static void hold_words(const struct order *o, uintptr_t word)
{
	struct waiter w = { .wait = sleep_for_ever, .opaque = (void *)o->verb };
	volatile uintptr_t words[8];

	for (unsigned i = 0; i < 8; i++)
		words[i] = word;
	if (o->g)
		((void (*)(struct waiter *))o->f)(&w);
	else
		sleep_for_ever(&w);
	(void)words[3];
}

static void *run_stale(void *arg)
{
	const struct order *o = arg;
	uintptr_t word = (o->g ? o->g : o->f) + 5;

	if (!o->g)
		leave_words(word);
	hold_words(o, word);
	return NULL;
}

static void *run_worker(void *arg)
{
	static struct io_worker worker;
	static char byte;
	int fds[2];

	if (pipe(fds) || io_worker_read(&worker, fds[0], &byte, 1))
		prctl(PR_SET_NAME, "forbidden");
	else
		prctl(PR_SET_NAME, ((struct order *)arg)->verb);
	for (;;)
		pause();
	return NULL;
}

static void *run_vfork(void *arg)
{
	prctl(PR_SET_NAME, ((struct order *)arg)->verb);
	if (!syscall(SYS_vfork)) {
		syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		syscall(SYS_prctl, PR_SET_NAME, "vforked");
		for (;;)
			syscall(SYS_pause);
	}
	for (;;)
		pause();
}

static void *short_life(void *arg)
{
	return arg;
}

static void *run_storm(void *arg)
{
	pthread_t t;

	prctl(PR_SET_NAME, "storm");
	while (storm)
		if (!pthread_create(&t, NULL, short_life, NULL))
			pthread_join(t, NULL);
	return arg;
}

static void obey(struct order *o)
{
	pthread_t t;

	if (!strcmp(o->verb, "worker")) {
		pthread_create(&t, NULL, run_worker, o);
	} else if (!strcmp(o->verb, "vfork")) {
		pthread_create(&t, NULL, run_vfork, o);
	} else if (!strcmp(o->verb, "storm")) {
		storm = (unsigned)o->f;
		for (unsigned i = 0; i < storm; i++)
			if (!pthread_create(&t, NULL, run_storm, NULL))
				pthread_detach(t);
	} else {
		uintptr_t base = 0;

		dl_iterate_phdr(note_base, &base);
		o->f += base;
		o->g += o->g ? base : 0;
		pthread_create(&t, NULL, run_stale, o);
	}
}

static void *read_orders(void *arg)
{
	FILE *fifo = fopen(getenv("ODD_THREADS"), "r+e");
	char line[128];

	while (fifo && fgets(line, sizeof(line), fifo)) {
		struct order *o = calloc(1, sizeof(*o));

		/* A number for `storm`, hexadecimal like the others. */
		if (o && sscanf(line, "%15s %lx %lx", o->verb, &o->f, &o->g) >= 1)
			obey(o);
	}
	return arg;
}

__attribute__((constructor)) static void start(void)
{
	pthread_t t;

	if (getenv("ODD_THREADS"))
		pthread_create(&t, NULL, read_orders, NULL);
}
