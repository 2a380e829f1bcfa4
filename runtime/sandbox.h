/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a program that wants to be live-patched calls. Link libsandbox.a, then
 *
 *	sandbox_restore();	while there is one thread: first in main(), or in a constructor
 *	sandbox_init();		while still privileged, in the final process (after daemonizing)
 *	sandbox_start();	before the program's own work begins
 *
 * and call sandbox_context_*() where coroutines are made and freed. For QEMU
 * runtime/qemu/ does this through the linker's --wrap, without touching its source.
 *
 * The runtime never exits, aborts or prints to the program's own streams; when it can't
 * work it says why through its log and the program goes on without it.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

/*
 * Applies the patches that raxlpxs --keep has stored for this executable (directory SANDBOX_STATE
 * of the environment, else /var/lib/patchbox; "off": none). Without it none are, and nothing else
 * is missing. May be called before daemonizing: a child of fork() has what was applied. Never
 * fails: what can't be applied is left out, and the log says so.
 */
void sandbox_restore(void);
/*
 * Opens /proc/self/mem and /proc/self/task, makes the socket (directory SANDBOX_DIR of the
 * environment, else that of the executable; mode 0600; name sandbox-sock<pid>).
 * Returns 0, or -1 with errno set; calling it again is harmless.
 */
int sandbox_init(void);
/* Starts the listener thread (all signals blocked, asleep in poll). 0, or -1 with errno set. */
int sandbox_start(void);
/* Removes the socket and forgets the listener; also called by atexit. */
void sandbox_stop(void);

/*
 * Says that the coroutine ID runs on the stack [STACK, STACK + SIZE) and that ENV points to the
 * jmp_buf in which its registers are saved while it is suspended (glibc's layout, mangled).
 * ENV NULL: found by searching OBJECT_SIZE bytes at ID for a jmp_buf that points into the stack.
 * Lock-free; may be called from any thread. Returns 0, -1 when there is no memory (the registry
 * then counts an unknown context, and patches are refused rather than applied blindly).
 */
int sandbox_context_add(void *id, void *stack, size_t size, const void *env, size_t object_size);
/* The coroutine ID is gone. */
void sandbox_context_remove(void *id);

#endif
