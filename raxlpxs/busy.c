/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/busy.h"

#include <inttypes.h>
#include <string.h>

#include "lib/printable.h"
#include "raxlpxs/find.h"

#define MAX_COMM ((size_t)64)

/* "thread 4711 (worker-2)" */
static const char *thread_name(struct lp_arena *arena, pid_t pid, pid_t tid)
{
	char *comm = lp_find_proc(arena, (u32)pid, lp_printf(arena, "task/%d/comm", tid), MAX_COMM,
				  NULL);

	if (!comm)
		return lp_printf(arena, "thread %d (ended since)", tid);
	comm[strcspn(comm, "\n")] = '\0';
	lp_printable(comm);
	return lp_printf(arena, "thread %d (%s)", tid, comm);
}

static const char *who(struct lp_arena *arena, pid_t pid, const struct lp_busy *busy)
{
	if (busy->tid && busy->context)
		return lp_printf(arena, "%s, below the coroutine that it runs,",
				 thread_name(arena, pid, busy->tid));
	if (busy->tid)
		return thread_name(arena, pid, busy->tid);
	return lp_printf(arena, "coroutine 0x%" PRIx64, busy->context);
}

/* " WORDS 10 s", or nothing where there was only one attempt. */
static const char *how_long(struct lp_arena *arena, const char *words, u32 waited)
{
	return waited ? lp_printf(arena, "%s %u s", words, waited) : "";
}

static struct lp_err *function_error(struct lp_arena *arena, pid_t pid,
				     const struct lp_ranges *ranges, const struct lp_busy *busy,
				     u32 waited)
{
	const struct wire_range *range = &ranges->items[busy->range];
	char *name = lp_strndup(arena, range->name, sizeof(range->name) - 1);

	lp_printable(name);
	struct lp_err *err = lp_err(LP_BUSY, "busy: %s %s in '%s'%s", who(arena, pid, busy),
				    busy->kind == LP_BUSY_WORD ? "may be" : "is", name,
				    how_long(arena, " and did not leave it within", waited));
	if (busy->kind == LP_BUSY_WORD)
		err = lp_err_context(err, "a word on its stack points there, and the stack could "
					  "not be unwound to its end");
	return lp_err_advice(err, "nothing was changed; try again, or with a longer --wait SECS");
}

struct lp_err *lp_busy_error(struct lp_arena *arena, pid_t pid, const struct lp_ranges *ranges,
			     const struct lp_busy *busy, u32 waited)
{
	const char *name = who(arena, pid, busy);
	const char *why = "";

	switch (busy->kind) {
	case LP_BUSY_NONE:
	case LP_BUSY_FRAME:
	case LP_BUSY_WORD:
		return function_error(arena, pid, ranges, busy, waited);
	case LP_BUSY_STACK:
		why = "runs on a stack whose end is not known";
		break;
	case LP_BUSY_SIGNAL:
		why = "is in a signal handler on a stack of its own";
		break;
	case LP_BUSY_LEADER:
		why = "runs a coroutine, and its own stack is not known to the runtime";
		break;
	case LP_BUSY_OPAQUE:
		why = "is suspended where the runtime can't find its registers";
		break;
	case LP_BUSY_LATE:
		if (!busy->tid) {
			name = "stopping and searching all threads";
			why = "takes too long on this host at the moment";
			break;
		}
		why = "does not come to rest (in the kernel, or without a processor)";
		break;
	case LP_BUSY_ANSWER:
		name = lp_printf(arena, "the listener of process %d", pid);
		why = "did not answer while the threads were stopped";
		break;
	case LP_BUSY_AWAKE:
		name = lp_printf(arena, "process %d", pid);
		why = "found one of its threads not stopped";
		break;
	}
	return lp_err_advice(
		lp_err(LP_BUSY, "busy: %s %s%s", name, why, how_long(arena, ", for", waited)),
		"nothing was changed; try again, or with a longer --wait SECS");
}

struct lp_err *lp_busy_trail(struct lp_err *err, struct lp_arena *arena, struct lp_unwind *unwind,
			     const struct lp_trail *trail)
{
	for (u32 i = 0; unwind && i < trail->n; i++)
		err = lp_err_context(err, "#%u %s", i, lp_unwind_name(unwind, arena, trail->pc[i]));
	return err;
}
