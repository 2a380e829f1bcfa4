/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs in a guest of QEMU: a thread on each processor executes CPUID without an end. Leaf
 * 0x40000000 tells who emulates, whatever ECX is; with testdata/qemu/cpuid.sed it gives back what
 * ECX was. Prints five times a second "hammer CALLS OLD NEW OTHER LEAST": all calls, those that
 * gave the old result, the new one, and neither; the calls of that thread that made the fewest.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_CPUS 64
#define LEAF	 0x40000000
#define MARK	 0x2177656e
#define PAUSE	 3000 /* rounds outside, so that a processor is not always inside */

struct counts {
	_Alignas(64) volatile unsigned long calls, old, new, other;
};

static struct counts counts[MAX_CPUS];
static long n_cpus;

static void ask(struct counts *c, uint32_t x)
{
	uint32_t a = LEAF, b, cx = x, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(cx), "=d"(d));
	c->calls++;
	if (!memcmp(&b, "TCGT", 4) && !memcmp(&cx, "CGTC", 4) && !memcmp(&d, "GTCG", 4))
		c->old++;
	else if (b == x && cx == ~x && d == MARK)
		c->new ++;
	else
		c->other++;
}

static void *hammer(void *arg)
{
	struct counts *c = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(c - counts, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (uint32_t x = 1;; x += x != UINT32_MAX ? 1 : 2) {
		ask(c, x);
		for (unsigned i = 0; i < PAUSE; i++)
			__asm__ volatile("");
	}
	return NULL;
}

static void tell(void)
{
	struct counts sum = { 0 };
	unsigned long least = -1ul;

	for (long i = 0; i < n_cpus; i++) {
		unsigned long calls = counts[i].calls; /* first: one of them has no result yet */

		sum.calls += calls;
		sum.old += counts[i].old;
		sum.new += counts[i].new;
		sum.other += counts[i].other;
		if (calls < least)
			least = calls;
	}
	printf("hammer %lu %lu %lu %lu %lu\n", sum.calls, sum.old, sum.new, sum.other, least);
	fflush(stdout);
}

int main(void)
{
	pthread_t thread;

	n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	for (long i = 0; i < n_cpus && i < MAX_CPUS; i++)
		if (pthread_create(&thread, NULL, hammer, &counts[i]))
			return 1;
	for (;;) {
		usleep(200000);
		tell();
	}
}
