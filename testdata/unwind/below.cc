// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program whose stack is unwound through mid.c, which is patched. Commands on stdin, a line for
 * each on stdout; "NUMBER kept" is what the frames below mid() have cleaned up.
 *	throw	an exception is thrown above mid() and caught below it
 *	trace	backtrace() is called above mid(): does it see below()?
 *	exit	pthread_exit() is called above mid()
 *	hold	what is above mid() waits for another line
 *	cancel	the thread is cancelled above mid()
 */
#include <cstdio>
#include <cstring>
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

extern "C" {
int sandbox_init(void);
int sandbox_start(void);
int mid(int x);
int (*top)(int x);
}

static int cleaned, argument;
static bool seen;
static sem_t ready;

struct guard {
	~guard() { cleaned++; }
};

/* Has a frame that is cleaned up when the stack is unwound. */
extern "C" __attribute__((noinline)) int below(int x)
{
	guard g;

	return mid(x) + 1;
}

static int throw_it(int x)
{
	throw x;
}

static int trace(int x)
{
	void *frames[32];
	int n = backtrace(frames, 32);
	char **names = backtrace_symbols(frames, n);

	seen = false;
	for (int i = 0; names && i < n; i++)
		seen |= strstr(names[i], "(below+") != nullptr;
	return x;
}

static int hold(int x)
{
	char line[32];

	puts("held");
	return fgets(line, sizeof(line), stdin) ? x : 0;
}

static int leave(int x)
{
	argument = x;
	pthread_exit(nullptr);
}

static int wait_for_cancel(int x)
{
	argument = x;
	sem_post(&ready);
	for (;;)
		pause();
}

static void *run(void *)
{
	below(1);
	return nullptr;
}

static void in_thread(bool cancel)
{
	pthread_t thread;

	pthread_create(&thread, nullptr, run, nullptr);
	if (cancel) {
		sem_wait(&ready);
		pthread_cancel(thread);
	}
	pthread_join(thread, nullptr);
}

static void answer(const char *command)
{
	cleaned = 0;
	if (!strcmp(command, "throw\n")) {
		top = throw_it;
		try {
			below(1);
		} catch (int value) {
			argument = value;
		}
		printf("caught %d, cleaned %d\n", argument, cleaned);
	} else if (!strcmp(command, "trace\n")) {
		top = trace;
		argument = below(1);
		printf("gave %d, %s\n", argument, seen ? "seen" : "not seen");
	} else if (!strcmp(command, "hold\n")) {
		top = hold;
		argument = below(1);
		printf("gave %d\n", argument);
	} else {
		bool cancel = !strcmp(command, "cancel\n");

		top = cancel ? wait_for_cancel : leave;
		in_thread(cancel);
		printf("ended in %d, cleaned %d\n", argument, cleaned);
	}
}

int main()
{
	char line[32];

	setvbuf(stdout, nullptr, _IOLBF, 0);
	sem_init(&ready, 0, 0);
	if (sandbox_init() || sandbox_start())
		perror("sandbox");
	while (fgets(line, sizeof(line), stdin))
		answer(line);
	return 0;
}
