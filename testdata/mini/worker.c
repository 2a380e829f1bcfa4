/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "mini.h"

#define MAX_WORKERS 64
#define PAUSE	    200 /* rounds outside between two calls, so that a worker is not always inside */

struct worker {
	pthread_t thread;
	unsigned idx;
	_Atomic uint64_t calls, old_results, new_results, torn;
};

static struct worker workers[MAX_WORKERS];
static unsigned n_workers;
static atomic_bool is_hammering, is_ending;
static _Atomic unsigned nap_us; /* between two calls */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum { AWAKE, ASKED, ASLEEP, WOKEN, DONE } sleeper; /* under lock, as is the next */
static unsigned sleep_result;

static void check(struct worker *w, uint64_t x, struct pair p)
{
	w->calls++;
	if (p.check != ~p.value)
		w->torn++;
	else if (p.value - x == COMPUTE_STEP)
		w->old_results++;
	else if (p.value - x == COMPUTE_STEP_NEW)
		w->new_results++;
	else
		w->torn++;
}

static void hammer(struct worker *w)
{
	for (uint64_t x = w->idx; is_hammering && !is_ending; x += MAX_WORKERS) {
		check(w, x, mini_compute(x));
		if (nap_us)
			usleep(nap_us);
		for (unsigned i = 0; i < PAUSE; i++)
			__asm__ volatile("pause");
	}
}

static void sleep_until_woken(struct transfer *t)
{
	(void)t;
	pthread_mutex_lock(&lock);
	sleeper = ASLEEP;
	pthread_cond_broadcast(&changed);
	while (sleeper != WOKEN && !is_ending)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void serve_sleep(void)
{
	struct transfer t = { .wait = sleep_until_woken, .size = 21 };

	mini_transfer(&t);
	pthread_mutex_lock(&lock);
	sleep_result = t.result;
	sleeper = DONE;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		bool asked;

		pthread_mutex_lock(&lock);
		while (!is_ending && !is_hammering && !(w->idx == 0 && sleeper == ASKED))
			pthread_cond_wait(&changed, &lock);
		asked = w->idx == 0 && sleeper == ASKED;
		pthread_mutex_unlock(&lock);
		if (is_ending)
			return NULL;
		if (asked)
			serve_sleep();
		else
			hammer(w);
	}
}

int workers_start(unsigned n)
{
	for (n_workers = 0; n_workers < n && n_workers < MAX_WORKERS; n_workers++) {
		workers[n_workers].idx = n_workers;
		if (pthread_create(&workers[n_workers].thread, NULL, work, &workers[n_workers]))
			return -1;
	}
	return 0;
}

static void wake_all(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void workers_stop(void)
{
	is_ending = true;
	wake_all();
	for (unsigned i = 0; i < n_workers; i++)
		pthread_join(workers[i].thread, NULL);
}

void workers_hammer(bool on, unsigned nap)
{
	nap_us = nap;
	is_hammering = on;
	wake_all();
}

struct worker_stats workers_stats(void)
{
	struct worker_stats sum = { 0 };

	for (unsigned i = 0; i < n_workers; i++) {
		sum.calls += workers[i].calls;
		sum.old_results += workers[i].old_results;
		sum.new_results += workers[i].new_results;
		sum.torn += workers[i].torn;
	}
	return sum;
}

bool workers_sleep_in(void)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = n_workers && sleeper == AWAKE && !is_hammering;
	if (ok)
		sleeper = ASKED;
	pthread_cond_broadcast(&changed);
	while (ok && sleeper == ASKED)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return ok;
}

bool workers_wake(unsigned *ret_result)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = sleeper == ASLEEP;
	if (ok)
		sleeper = WOKEN;
	pthread_cond_broadcast(&changed);
	while (ok && sleeper != DONE)
		pthread_cond_wait(&changed, &lock);
	if (ok)
		sleeper = AWAKE;
	*ret_result = sleep_result;
	pthread_mutex_unlock(&lock);
	return ok;
}
