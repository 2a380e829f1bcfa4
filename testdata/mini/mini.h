/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mini: a small event loop program with what makes big ones hard to patch: threads, devices
 * behind function pointers, static locals, thread-local counters, and a coroutine on a
 * stack of its own. It exists to be patched while it runs; see README.md.
 */
#ifndef MINI_H
#define MINI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- the runtime (sandbox.h of patchbox); mini needs no more of it than these ---- */
void sandbox_restore(void);
int sandbox_init(void);
int sandbox_start(void);
int sandbox_context_add(void *id, void *stack, size_t size, const void *env, size_t object_size);
void sandbox_context_remove(void *id);

/* ---- version.c ---- */
const char *mini_version(void);

/* ---- compute.c: what the workers hammer ---- */
struct pair {
	uint64_t value;
	uint64_t check; /* ~value: a mix of two versions shows */
};
struct pair mini_compute(uint64_t x);
#define COMPUTE_STEP	 1 /* value - x as it was built */
#define COMPUTE_STEP_NEW 2 /* as hammer.patch makes it */

/* ---- device.c ---- */
struct device;
struct device_ops {
	const char *kind;
	int (*write)(struct device *dev, const uint8_t *data, size_t len);
	void (*reset)(struct device *dev);
};
struct device {
	const struct device_ops *ops;
	char name[16];
	unsigned id;
	uint64_t records, bytes, resets;
};
void devices_init(void);
struct device *device_find(const char *name);
int device_write(struct device *dev, const uint8_t *data, size_t len);
void device_reset(struct device *dev);
void device_describe(const struct device *dev, char *out, size_t size);
unsigned device_next_id(void);	       /* has a static local */
unsigned long device_thread_ops(void); /* of this thread: thread-local */

/* ---- transfer.c: a function that waits in the middle ---- */
struct transfer {
	void (*wait)(struct transfer *t); /* comes back when somebody says so */
	void *opaque;
	unsigned size;
	unsigned result;
};
void mini_transfer(struct transfer *t);

/* ---- worker.c ---- */
struct worker_stats {
	uint64_t calls, old_results, new_results, torn;
};
int workers_start(unsigned n);
void workers_stop(void);
void workers_hammer(bool on, unsigned nap); /* in us, between two calls of a worker */
struct worker_stats workers_stats(void);
/* Worker 0 goes into mini_transfer() and sleeps there until woken; false: it is there (not there).
 */
bool workers_sleep_in(void);
bool workers_wake(unsigned *ret_result);

/* ---- coroutine.c ---- */
struct coroutine;
struct coroutine *coroutine_create(void (*entry)(void *arg), void *arg);
void coroutine_enter(struct coroutine *co); /* from the event loop's own stack */
void coroutine_yield(struct coroutine *co); /* from inside */
bool coroutine_is_done(const struct coroutine *co);
void coroutine_destroy(struct coroutine *co);

/* ---- control.c ---- */
/* Runs one line; writes one line of answer, without newline. False: quit. */
bool control_run(char *line, char *answer, size_t size);

#endif
