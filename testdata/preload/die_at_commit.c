/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into raxlpxs by LD_PRELOAD: once COMMIT is sent, the client gets SIGKILL some microseconds
 * later, while the runtime is at work; PRELOAD_SPREAD_US says how many at most. A random time
 * spreads the points over checks and writes.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/wire.h"

static long now_ns(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void die_soon(void)
{
	const char *spread = getenv("PRELOAD_SPREAD_US");
	long start = now_ns(), most = spread ? atol(spread) * 1000 : 0;
	long wait = most ? start % most : 0;

	while (now_ns() - start < wait)
		;
	kill(getpid(), SIGKILL);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int);
	void *found = dlsym(RTLD_NEXT, "send");
	struct wire_header header;
	ssize_t n;

	memcpy(&real, &found, sizeof(real));
	n = real(fd, buf, len, flags);
	if (n == (ssize_t)sizeof(header)) {
		memcpy(&header, buf, sizeof(header));
		if (header.magic == WIRE_MAGIC && header.id == WIRE_COMMIT)
			die_soon();
	}
	return n;
}
