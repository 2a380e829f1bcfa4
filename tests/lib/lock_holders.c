/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that hold the C library's locks nearly all the time, for a program that knows nothing of
 * them: this is preloaded into it, and starts them where LOCK_HOLDERS is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#define N_ALLOCATORS 3

static const struct timespec nap = { .tv_nsec = 2000000 };

static int sleep_in_walk(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info;
	(void)size;
	(void)arg;
	nanosleep(&nap, NULL);
	return 1;
}

static void *walk_libraries(void *arg)
{
	prctl(PR_SET_NAME, "holds-dl");
	for (;;)
		dl_iterate_phdr(sleep_in_walk, arg);
}

static void *load_libraries(void *arg)
{
	prctl(PR_SET_NAME, "holds-dlopen");
	for (;;) {
		void *library = dlopen("libm.so.6", RTLD_NOW);

		if (library)
			dlclose(library);
	}
	return arg;
}

/* With one arena and no caches of threads: see the script. */
static void *allocate(void *arg)
{
	prctl(PR_SET_NAME, "holds-malloc");
	for (;;)
		free(calloc(1, 100000));
	return arg;
}

static void *lock_stdio(void *arg)
{
	prctl(PR_SET_NAME, "holds-stdio");
	for (;;) {
		flockfile(stdout);
		flockfile(stderr);
		nanosleep(&nap, NULL);
		funlockfile(stderr);
		funlockfile(stdout);
	}
	return arg;
}

__attribute__((constructor)) static void start(void)
{
	pthread_t t;

	if (!getenv("LOCK_HOLDERS"))
		return;
	pthread_create(&t, NULL, walk_libraries, NULL);
	pthread_create(&t, NULL, load_libraries, NULL);
	pthread_create(&t, NULL, lock_stdio, NULL);
	for (int i = 0; i < N_ALLOCATORS; i++)
		pthread_create(&t, NULL, allocate, NULL);
}
