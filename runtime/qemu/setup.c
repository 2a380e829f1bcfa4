/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Stored patches are applied before main(), and before the constructors of QEMU, of which one
 * starts the thread of RCU: only until then there is one thread. -daemonize forks later, and the
 * child has what was applied.
 *
 * os_setup_post() runs once, in the process that stays: after -daemonize has forked, before
 * -chroot and -runas take effect, before the guest runs. What needs root (the socket,
 * /proc/self/mem) is done before it, the thread is started after it, as the user that QEMU
 * then is. When the runtime can't start, QEMU goes on without.
 */
#include <pthread.h>

#include "runtime/sandbox.h"

#include "runtime/qemu/wrap.h"

/* Constructors of 101, the first that is not reserved, run before those without a number. */
__attribute__((constructor(101))) static void restore(void)
{
    sandbox_restore();
}

/* glibc finds the main thread's stack in /proc/self/maps, which is out of reach after -chroot; and
 * the thread's first coroutine is made later. */
static void note_main_stack(void)
{
    struct sandbox_stack *main_stack = &sandbox_main_stack;
    pthread_attr_t attr;

    if (pthread_getattr_np(pthread_self(), &attr))
        return;
    (void)pthread_attr_getstack(&attr, &main_stack->base, &main_stack->size);
    pthread_attr_destroy(&attr);
}

void __wrap_os_setup_post(void)
{
    int rc = sandbox_init();

    note_main_stack();
    __real_os_setup_post();
    if (!rc)
        (void)sandbox_start();
}
