/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pause METER idle N MS: largest gap of each of N times MS, nobody patches.
 * pause METER cycles N SOCKET PAYLOAD NAME RAXLPXS: the same for N times apply and remove.
 *
 * What a program that runs with testdata/preload/meter.c loses. Prints a line for each change:
 *	GAP WALL STOP ATTEMPTS TOOK
 * in us: of the meter; of raxlpxs from its start to its end; and as that tells them its stop,
 * and from connect() to the last answer.
 * Is to be run with real-time priority where the processors are shared: a wait of this program
 * or of raxlpxs before the stop is no pause.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raxlpxs/clock.h"
#include "testdata/preload/meter.h"

#define SETTLE	 (5 * LP_MS) /* between two changes; what happens in it counts for nothing */
#define PATIENCE (5 * LP_S)

struct run {
	struct meter *meter;
	const char *raxlpxs, *socket;
};

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void rest(u64 time)
{
	struct timespec ts = { .tv_sec = (time_t)(time / LP_S), .tv_nsec = (long)(time % LP_S) };

	nanosleep(&ts, NULL);
}

static struct meter *map(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *p = mmap(NULL, sizeof(struct meter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || p == MAP_FAILED)
		fail(path);
	return p;
}

/* The largest gap since the meter was reset, in us. A stop that has just ended is seen by the
 * next round. */
static u64 take(struct meter *meter)
{
	u64 rounds = meter->rounds, end = lp_now() + PATIENCE;

	while (meter->rounds - rounds < 2) {
		if (!lp_left(end)) {
			fprintf(stderr, "pause: the meter stands still\n");
			exit(1);
		}
		rest(20 * LP_US);
	}
	return atomic_exchange(&meter->largest, 0) / LP_US;
}

static u64 number(const char *json, const char *key)
{
	const char *p = strstr(json, key);

	if (!p)
		fail(key);
	return strtoull(p + strlen(key), NULL, 10);
}

static void change(const struct run *run, const char *verb, const char *what)
{
	const char *args[] = { run->raxlpxs, "--socket", run->socket, "--json", verb, what, NULL };
	posix_spawn_file_actions_t actions;
	char answer[8192];
	size_t len = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		fail("pipe2");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	(void)take(run->meter);
	u64 start = lp_now();
	if (posix_spawn(&pid, run->raxlpxs, &actions, NULL, (char *const *)(uintptr_t)args,
			environ))
		fail(run->raxlpxs);
	close(ends[1]);
	while ((n = read(ends[0], answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)n;
	waitpid(pid, &status, 0);
	u64 wall = lp_now() - start, gap = take(run->meter);
	close(ends[0]);
	posix_spawn_file_actions_destroy(&actions);
	answer[len] = '\0';
	if (status) {
		fprintf(stderr, "pause: '%s %s %s' failed: %s\n", run->raxlpxs, verb, what, answer);
		exit(1);
	}
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", gap, wall / LP_US,
	       number(answer, "\"longest-stop-us\": "), number(answer, "\"attempts\": "),
	       number(answer, "\"took-us\": "));
	rest(SETTLE);
}

int main(int argc, char **argv)
{
	bool is_idle = argc == 5 && !strcmp(argv[2], "idle");

	if (!is_idle && (argc != 8 || strcmp(argv[2], "cycles") != 0)) {
		fprintf(stderr, "usage: pause METER idle N MS\n"
				"       pause METER cycles N SOCKET PAYLOAD NAME RAXLPXS\n");
		return 64;
	}
	struct meter *meter = map(argv[1]);
	struct run run = { meter, is_idle ? NULL : argv[7], is_idle ? NULL : argv[4] };
	for (int i = atoi(argv[3]); i > 0; i--) {
		if (is_idle) {
			(void)take(meter);
			rest(strtoull(argv[4], NULL, 10) * LP_MS);
			printf("%" PRIu64 "\n", take(meter));
		} else {
			change(&run, "--apply", argv[5]);
			change(&run, "--remove", argv[6]);
		}
	}
	return 0;
}
