/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "raxlpxs/clock.h"
#include "raxlpxs/unwind.h"

#define PAGE	 UINT64_C(4096)
#define RED_ZONE UINT64_C(128)
#define CARRY	 3 /* words of the previous chunk that are kept in front of the next */

/* The word of a signal frame that holds cs, gs, fs and ss of user code (sigcontext_64);
 * rsp and rip of the interrupted code lie 3 and 2 words below it. */
#define SIGFRAME_SEGMENTS UINT64_C(0x002b000000000033)

bool lp_ranges_init(struct lp_ranges *ranges, const struct wire_range *items, size_t n,
		    bool entry_counts)
{
	*ranges = (struct lp_ranges){
		.items = items, .n = n, .lo = UINT64_MAX, .entry_counts = entry_counts
	};
	for (size_t i = 0; i < n; i++) {
		u64 end;

		if (!items[i].size || __builtin_add_overflow(items[i].start, items[i].size, &end))
			return false;
		if (items[i].start < ranges->lo)
			ranges->lo = items[i].start;
		if (end > ranges->hi)
			ranges->hi = end;
	}
	return n > 0;
}

size_t lp_ranges_at(const struct lp_ranges *ranges, u64 pc)
{
	for (size_t i = 0; i < ranges->n; i++) {
		if (pc - ranges->items[i].start < ranges->items[i].size)
			return i;
	}
	return ranges->n;
}

/*
 * A return address points behind a call, so it is never the entry, and may be the end of the
 * function: when that ends with a call of something that never returns. A word that equals the
 * entry is a pointer to the function (`start_routine` in a frame of start_thread): it leads to
 * the jump that is written there, unless the code goes away.
 */
size_t lp_ranges_word(const struct lp_ranges *ranges, u64 word)
{
	if (word < ranges->lo || word > ranges->hi)
		return ranges->n;
	for (size_t i = 0; i < ranges->n; i++) {
		u64 off = word - ranges->items[i].start;

		if (off <= ranges->items[i].size && (off || ranges->entry_counts))
			return i;
	}
	return ranges->n;
}

/* One iovec a page: then a partial copy ends where the readable memory does (process_vm_readv(2)
 * promises nothing inside an element). */
size_t lp_scan_read_quiet(pid_t pid, u64 addr, void *buf, size_t len)
{
	struct iovec remote[LP_SCAN_CHUNK / PAGE + 1];
	size_t total = 0;

	while (total < len) {
		size_t n = 0, want = 0;

		while (total + want < len && n < LP_ARRAY_SIZE(remote)) {
			u64 at = addr + total + want;
			size_t part = (size_t)(PAGE - at % PAGE);

			if (part > len - total - want)
				part = len - total - want;
			remote[n].iov_base = (void *)(uintptr_t)at;
			remote[n++].iov_len = part;
			want += part;
		}
		struct iovec local = { .iov_base = (u8 *)buf + total, .iov_len = want };
		ssize_t got = process_vm_readv(pid, &local, 1, remote, n, 0);
		if (got > 0)
			total += (size_t)got;
		if (got != (ssize_t)want)
			break;
	}
	return total;
}

/* Searches WORDS[0, N); the CARRY words in front of them were searched before. */
static enum lp_busy_kind search(const struct lp_ranges *ranges, const u64 *words, size_t n, u64 rsp,
				u64 end, size_t *ret_range)
{
	for (size_t i = 0; i < n; i++) {
		u64 word = words[i];

		if (word - ranges->lo <= ranges->hi - ranges->lo) {
			*ret_range = lp_ranges_word(ranges, word);
			if (*ret_range < ranges->n)
				return LP_BUSY_WORD;
		}
		/* The interrupted code has its frames on another stack (sigaltstack). */
		if (word == SIGFRAME_SEGMENTS) {
			u64 interrupted = (words + i)[-3];

			if (interrupted < rsp || interrupted > end)
				return LP_BUSY_SIGNAL;
		}
	}
	return LP_BUSY_NONE;
}

enum lp_busy_kind lp_scan_stack_quiet(const struct lp_scan *scan, u64 rsp, u64 end, u64 below,
				      size_t *ret_range)
{
	u64 *words = (u64 *)(void *)scan->buf + CARRY;

	if (rsp % 8 || end % 8 || rsp < below || end < rsp || end - rsp > LP_SCAN_MAX_STACK)
		return LP_BUSY_STACK;
	memset(scan->buf, 0, CARRY * sizeof(*words));
	for (u64 at = rsp - below; at < end;) {
		size_t len = end - at < LP_SCAN_CHUNK ? (size_t)(end - at) : LP_SCAN_CHUNK;

		if (!lp_left(scan->deadline))
			return LP_BUSY_LATE;
		if (lp_scan_read_quiet(scan->pid, at, words, len) != len)
			return LP_BUSY_STACK;
		enum lp_busy_kind kind = search(scan->ranges, words, len / 8, rsp, end, ret_range);
		if (kind != LP_BUSY_NONE)
			return kind;
		memmove(words - CARRY, words + len / 8 - CARRY, CARRY * sizeof(*words));
		at += len;
	}
	return LP_BUSY_NONE;
}

static struct wire_context context_at(const struct lp_scan *scan, size_t idx)
{
	struct wire_context ctx;

	memcpy(&ctx, scan->contexts + idx * sizeof(ctx), sizeof(ctx));
	return ctx;
}

static bool holds(const struct wire_context *ctx, u64 addr)
{
	return addr >= ctx->stack_lo && addr < ctx->stack_hi;
}

/* The stopped thread that runs on the stack of CTX, or NULL. */
static const struct lp_thread *runner(const struct lp_scan *scan, const struct wire_context *ctx)
{
	for (size_t i = 0; i < scan->threads->n; i++) {
		const struct lp_thread *t = &scan->threads->items[i];

		if (t->state == LP_THREAD_STOPPED && holds(ctx, t->regs.rsp))
			return t;
	}
	return NULL;
}

/* The coroutine on whose stack T runs; false when on none. */
static bool coroutine_of(const struct lp_scan *scan, const struct lp_thread *t,
			 struct wire_context *ret)
{
	for (size_t i = 0; i < scan->n_contexts; i++) {
		*ret = context_at(scan, i);
		if (!ret->tid && holds(ret, t->regs.rsp))
			return true;
	}
	return false;
}

/*
 * Where T's own stack ends. The C libraries put the thread control block, to which fs points, at
 * the upper end of the stacks that they make (also of those that pthread_attr_setstack() gives),
 * so that all frames lie below it; the mapping may go on behind it, where glibc's stacks have a
 * neighbour without a guard page, or QEMU's guest memory follows. 0 when unknown.
 */
static u64 own_stack_end(const struct lp_scan *scan, const struct lp_thread *t)
{
	u64 end = t->tid == scan->pid ? scan->main_stack_end : t->regs.fs_base & ~UINT64_C(7);

	return end > t->regs.rsp ? end : 0;
}

static bool has_leader(const struct lp_scan *scan, const struct lp_thread *t)
{
	for (size_t i = 0; i < scan->n_contexts; i++) {
		struct wire_context ctx = context_at(scan, i);

		if (ctx.tid == (u32)t->tid && !holds(&ctx, t->regs.rsp))
			return true;
	}
	return false;
}

static enum lp_busy_kind search_registers(const struct lp_ranges *ranges,
					  const struct user_regs_struct *r, size_t *ret_range)
{
	const u64 regs[] = { r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->rbp, r->r8,
			     r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15 };

	*ret_range = lp_ranges_at(ranges, r->rip);
	if (*ret_range < ranges->n)
		return LP_BUSY_FRAME;
	for (size_t i = 0; i < LP_ARRAY_SIZE(regs); i++) {
		*ret_range = lp_ranges_word(ranges, regs[i]);
		if (*ret_range < ranges->n)
			return LP_BUSY_WORD;
	}
	return LP_BUSY_NONE;
}

/*
 * What unwinding makes of a word that points into a range. Where it gets no further (below
 * QEMU's generated code, at the bottom of every coroutine), the rest of the stack up to END is
 * searched as before: frames that are there have their return addresses there.
 */
static void judge(const struct lp_scan *scan, const struct lp_unwound *unwound, u64 end,
		  struct lp_busy *busy)
{
	busy->trail = unwound->trail;
	if (busy->kind == LP_BUSY_FRAME) /* a register says so: only the trail was missing */
		return;
	switch (unwound->end) {
	case LP_UNWOUND_CLEAR:
		busy->kind = LP_BUSY_NONE;
		return;
	case LP_UNWOUND_INSIDE:
		busy->range = unwound->range;
		busy->kind = LP_BUSY_FRAME;
		return;
	case LP_UNWOUND_PARTLY:
		break;
	}
	if (unwound->sp)
		busy->kind = lp_scan_stack_quiet(scan, unwound->sp, end, 0, &busy->range);
}

static struct lp_busy scan_thread(const struct lp_scan *scan, const struct lp_thread *t)
{
	struct lp_busy busy = { .tid = t->tid };
	struct wire_context ctx;
	bool in_coroutine = coroutine_of(scan, t, &ctx);
	u64 end = in_coroutine ? ctx.stack_hi : own_stack_end(scan, t);

	if (in_coroutine && !has_leader(scan, t)) {
		busy.kind = LP_BUSY_LEADER;
		return busy;
	}
	busy.kind = search_registers(scan->ranges, &t->regs, &busy.range);
	if (busy.kind == LP_BUSY_NONE)
		busy.kind = lp_scan_stack_quiet(scan, t->regs.rsp, end, RED_ZONE, &busy.range);
	if (scan->unwind && lp_busy_is_code(busy.kind)) {
		struct lp_unwound u = lp_unwind_thread_quiet(scan->unwind, &t->regs, scan->ranges);

		judge(scan, &u, end, &busy);
	}
	return busy;
}

static struct lp_busy scan_context(const struct lp_scan *scan, const struct wire_context *ctx)
{
	struct lp_busy busy = { .context = ctx->id, .tid = (pid_t)ctx->tid };

	if (runner(scan, ctx))
		return busy; /* it runs: looked at with its thread */
	if (ctx->flags & WIRE_CONTEXT_UNKNOWN || ctx->rsp < ctx->stack_lo) {
		busy.kind = LP_BUSY_OPAQUE;
		return busy;
	}
	busy.range = lp_ranges_at(scan->ranges, ctx->rip);
	if (busy.range < scan->ranges->n)
		busy.kind = LP_BUSY_FRAME;
	else
		busy.kind = lp_scan_stack_quiet(scan, ctx->rsp, ctx->stack_hi, 0, &busy.range);
	if (scan->unwind && lp_busy_is_code(busy.kind)) {
		struct lp_unwound u = lp_unwind_context_quiet(scan->unwind, ctx, scan->ranges);

		judge(scan, &u, ctx->stack_hi, &busy);
	}
	return busy;
}

struct lp_busy lp_scan_all_quiet(const struct lp_scan *scan)
{
	struct lp_busy busy = { 0 };

	for (size_t i = 0; i < scan->threads->n && busy.kind == LP_BUSY_NONE; i++) {
		if (scan->threads->items[i].state == LP_THREAD_STOPPED)
			busy = scan_thread(scan, &scan->threads->items[i]);
	}
	for (size_t i = 0; i < scan->n_contexts && busy.kind == LP_BUSY_NONE; i++) {
		struct wire_context ctx = context_at(scan, i);

		busy = scan_context(scan, &ctx);
	}
	return busy;
}

u64 lp_scan_main_stack_end(const char *maps)
{
	const char *line = strstr(maps, "[stack]");
	u64 end;

	if (!line)
		return 0;
	while (line > maps && line[-1] != '\n')
		line--;
	return sscanf(line, "%*x-%" SCNx64, &end) == 1 ? end : 0;
}
