/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that does nothing but notice when it can't run: real-time, asleep for 20 us at a time,
 * it keeps the largest gap between two readings of the clock. What it shows when all threads are
 * stopped is what the program loses.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "mini.h"

#define SLEEP_NS 20000

static atomic_bool is_metering;
static _Atomic uint64_t largest;
static pthread_t thread;
static bool is_started;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void *meter(void *arg)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };
	uint64_t before = now_ns();

	while (is_metering) {
		uint64_t now, gap;

		nanosleep(&pause, NULL);
		now = now_ns();
		gap = now - before;
		if (gap > largest)
			largest = gap;
		before = now;
	}
	return arg;
}

bool meter_set(bool on)
{
	struct sched_param param = { .sched_priority = 10 };
	pthread_attr_t attr;
	bool ok;

	is_metering = on;
	if (!on || is_started) {
		if (is_started && !on)
			pthread_join(thread, NULL);
		is_started = is_started && on;
		return true;
	}
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	ok = !pthread_create(&thread, &attr, meter, NULL);
	pthread_attr_destroy(&attr);
	is_started = ok;
	return ok;
}

uint64_t meter_take(void)
{
	return atomic_exchange(&largest, 0);
}
