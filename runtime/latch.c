/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/latch.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "runtime/sys.h"

#define KERNEL_SA_RESTORER 0x04000000ul /* asm/signal.h */
#define KERNEL_SIGSET_SIZE 8u

typedef void handler(int sig, siginfo_t *info, void *context);

struct kernel_sigaction { /* of rt_sigaction(2) */
	handler *handler;
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

/* A signal handler finds its data in globals only. */
static struct sb_latch *latches; /* that a thread may ask for; the newest first */
static bool is_closed;
static struct kernel_sigaction found;  /* when it was last closed */
static struct kernel_sigaction before; /* the program's */

/* The bytes by which unwinders know the frame of a signal: mov $15, %rax; syscall. */
void sb_latch_restorer(void) __attribute__((visibility("hidden")));
__asm__(".pushsection sandbox_quiet, \"ax\", @progbits\n"
	".type sb_latch_restorer, @function\n"
	".hidden sb_latch_restorer\n"
	".globl sb_latch_restorer\n"
	"	nop\n"
	"sb_latch_restorer:\n"
	"	.byte 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00\n"
	"	.byte 0x0f, 0x05\n"
	".size sb_latch_restorer, . - sb_latch_restorer\n"
	".popsection");

SB_QUIET static bool is_site_quiet(uint64_t addr)
{
	const struct sb_latch *l = __atomic_load_n(&latches, __ATOMIC_ACQUIRE);

	for (; l; l = l->older)
		for (uint32_t i = 0; i < l->n; i++)
			if (l->sites[i].addr == addr)
				return true;
	return false;
}

SB_QUIET static int set_signal_quiet(const struct kernel_sigaction *new,
				     struct kernel_sigaction *old)
{
	return (int)sb_sys(SYS_rt_sigaction, SIGILL, (uint64_t)(uintptr_t) new,
			   (uint64_t)(uintptr_t)old, KERNEL_SIGSET_SIZE);
}

/* As if we were not there: what has no handler is met again, and ends the program. */
SB_QUIET static void pass_on_quiet(int sig, siginfo_t *info, void *context)
{
	if ((uintptr_t)before.handler > (uintptr_t)SIG_IGN) /* nor SIG_DFL, which is 0 */
		before.handler(sig, info, context);
	else
		(void)set_signal_quiet(&before, NULL);
}

SB_QUIET static void on_sigill_quiet(int sig, siginfo_t *info, void *context)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	const ucontext_t *uc = context;

	if (!is_site_quiet((uint64_t)uc->uc_mcontext.gregs[REG_RIP])) {
		pass_on_quiet(sig, info, context);
		return;
	}
	/* Asleep: a real-time thread that yields keeps the listener from the processor. */
	while (__atomic_load_n(&is_closed, __ATOMIC_ACQUIRE))
		(void)sb_sys(SYS_nanosleep, (uint64_t)(uintptr_t)&nap, 0, 0, 0);
}

SB_QUIET void sb_sync_cores_quiet(void)
{
	(void)sb_sys(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0, 0);
}

SB_QUIET static int write_byte_quiet(int mem_fd, uint64_t addr, uint8_t byte)
{
	long n;

	do
		n = sb_sys(SYS_pwrite64, (uint64_t)mem_fd, (uint64_t)(uintptr_t)&byte, 1, addr);
	while (n == -EINTR);
	if (n == 1)
		return 0;
	return n < 0 ? (int)n : -EIO;
}

SB_QUIET int sb_latch_check_quiet(const struct sb_latch *latch, uint32_t *ret_at)
{
	for (*ret_at = 0; *ret_at < latch->n; ++*ret_at) {
		const struct sb_site *site = &latch->sites[*ret_at];
		const volatile uint8_t *p = (const volatile uint8_t *)(uintptr_t)site->addr;

		for (uint32_t i = 0; i < sizeof(site->now); i++)
			if (p[i] != site->now[i])
				return -ESTALE;
	}
	return 0;
}

SB_QUIET void sb_latch_open_quiet(struct sb_latch *latch, int mem_fd, bool after)
{
	for (uint32_t i = 0; i < latch->n_closed; i++) {
		const struct sb_site *site = &latch->sites[i];

		/* It was written a moment ago: the page is there, and ours. */
		(void)write_byte_quiet(mem_fd, site->addr, after ? site->after : site->now[0]);
	}
	latch->n_closed = 0;
	sb_sync_cores_quiet();
	__atomic_store_n(&is_closed, false, __ATOMIC_RELEASE);
}

/* After the first time that somebody may be on his way to it, the handler stays, unless the program
 * takes the signal for itself: so each time it is looked whose it is. */
SB_QUIET static int take_signal_quiet(struct sb_latch *latch)
{
	const struct kernel_sigaction ours = {
		.handler = on_sigill_quiet,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | KERNEL_SA_RESTORER,
		.restorer = sb_latch_restorer,
	};
	int rc;

	if (!latch->is_lost) { /* by an earlier try; it is in the list then */
		latch->older = latches;
		__atomic_store_n(&latches, latch, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&is_closed, true, __ATOMIC_RELEASE);
	rc = set_signal_quiet(&ours, &found);
	if (!rc && found.handler != on_sigill_quiet)
		before = found;
	return rc;
}

SB_QUIET int sb_latch_close_quiet(struct sb_latch *latch, int mem_fd)
{
	int rc = take_signal_quiet(latch);

	for (uint32_t i = 0; i < latch->n && !rc; i++) {
		rc = write_byte_quiet(mem_fd, latch->sites[i].addr, SB_CLOSED);
		if (!rc)
			latch->n_closed = i + 1;
	}
	sb_sync_cores_quiet();
	if (rc)
		sb_latch_open_quiet(latch, mem_fd, false);
	return rc;
}

SB_QUIET void sb_latch_release_quiet(struct sb_latch *latch, bool all_stopped)
{
	latch->is_lost |= !all_stopped;
	if (latch->is_lost)
		return;
	__atomic_store_n(&latches, latch->older, __ATOMIC_RELEASE);
	if (found.handler != on_sigill_quiet)
		(void)set_signal_quiet(&found, NULL);
}

static uint32_t count_jumps(const struct sb_patches *patches, const struct sb_patch *patch)
{
	uint32_t n = patch->n_funcs;

	for (const struct sb_patch *p = patches->oldest; patch->replaces && p; p = p->newer)
		n += p->n_funcs;
	return n;
}

static struct sb_site *site_at(const struct sb_latch *latch, uint64_t addr)
{
	for (uint32_t i = 0; i < latch->n; i++)
		if (latch->sites[i].addr == addr)
			return &latch->sites[i];
	return NULL;
}

/* From the newest patch down, then what goes in: who comes first knows what is there now, who comes
 * last what will be. */
static void add_sites(struct sb_latch *latch, const struct sb_patch *patch, bool put_in)
{
	for (uint32_t i = 0; i < patch->n_funcs; i++) {
		const struct sb_write *w = &patch->writes[i];
		struct sb_site *site = site_at(latch, w->addr);

		if (!site) {
			site = &latch->sites[latch->n++];
			site->addr = w->addr;
			memcpy(site->now, put_in ? w->old : w->new, sizeof(site->now));
		}
		site->after = put_in ? w->new[0] : w->old[0];
	}
}

struct sb_latch *sb_latch_prepare(const struct sb_patches *patches, const struct sb_patch *patch,
				  bool put_in, struct sb_error *err)
{
	struct sb_arena arena = { 0 };
	struct sb_latch *latch = sb_alloc(&arena, sizeof(*latch));
	struct sb_site *sites = sb_alloc_array(&arena, count_jumps(patches, patch), sizeof(*sites));

	if (!latch || !sites) {
		sb_arena_deinit(&arena);
		sb_error_set(err, SB_FAILED, "out of memory");
		return NULL;
	}
	*latch = (struct sb_latch){ .arena = arena, .sites = sites };
	for (const struct sb_patch *p = patches->newest; put_in && patch->replaces && p;
	     p = p->older)
		add_sites(latch, p, false);
	add_sites(latch, patch, put_in);
	return latch;
}

void sb_latch_destroy(struct sb_latch *latch)
{
	struct sb_arena arena;

	if (!latch || latch->is_lost)
		return;
	arena = latch->arena; /* which holds latch */
	sb_arena_deinit(&arena);
}
