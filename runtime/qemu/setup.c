/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * os_setup_post() runs once, in the process that stays: after -daemonize has forked, before
 * -chroot and -runas take effect, before the guest runs. What needs root (the socket,
 * /proc/self/mem) is done before it, the thread is started after it, as the user that QEMU
 * then is. When the runtime can't start, QEMU goes on without.
 */
#include "runtime/sandbox.h"

#include "runtime/qemu/wrap.h"

void __wrap_os_setup_post(void)
{
    int rc = sandbox_init();

    __real_os_setup_post();
    if (!rc)
        (void)sandbox_start();
}
