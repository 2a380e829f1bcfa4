/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into a target by LD_PRELOAD: a thread that does nothing but notice when it can't run.
 * Real-time, asleep for 20 us at a time, it keeps the largest gap between two readings of the
 * clock in the file that METER names. What it shows when all threads are stopped is what the
 * program loses.
 */
#include "testdata/preload/meter.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_NS 20000
#define PRIORITY 10

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void *run(void *arg)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };
	struct meter *meter = arg;
	uint64_t before;

	prctl(PR_SET_TIMERSLACK, 1);
	for (before = now_ns();;) {
		uint64_t now, gap;

		nanosleep(&pause, NULL);
		now = now_ns();
		gap = now - before;
		if (gap > meter->largest)
			meter->largest = gap;
		meter->rounds++;
		before = now;
	}
	return NULL;
}

static struct meter *map(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(struct meter)))
		p = mmap(NULL, sizeof(struct meter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static int start(struct meter *meter)
{
	struct sched_param param = { .sched_priority = PRIORITY };
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attr, run, meter);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return error;
}

__attribute__((constructor)) static void start_meter(void)
{
	const char *path = getenv("METER");
	struct meter *meter = path ? map(path) : NULL;

	unsetenv("LD_PRELOAD"); /* not for its children */
	if (!meter || start(meter))
		fprintf(stderr, "meter: no real-time thread that measures\n");
}
