/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * How the runtime joins QEMU without a change to its source: the executable is linked with
 *
 *     -Wl,--wrap=os_setup_post -Wl,--wrap=qemu_alloc_stack -Wl,--wrap=qemu_free_stack
 *     -Wl,--wrap=qemu_coroutine_new -Wl,--wrap=qemu_coroutine_delete
 *     -Wl,--wrap=qemu_coroutine_switch  libsandbox-qemu.a
 *
 * so that calls from other objects come here first. Only the wrap of os_setup_post refers to the
 * rest of the runtime, and each idea has its own object file: a tool like qemu-img, which has
 * coroutines and no os_setup_post, gets the small registry of coroutines and nothing else.
 * No header of QEMU is used; the types below are what crosses the calls.
 */
#ifndef SANDBOX_QEMU_WRAP_H
#define SANDBOX_QEMU_WRAP_H

#include <stddef.h>

void __real_os_setup_post(void);
void __wrap_os_setup_post(void);

void *__real_qemu_alloc_stack(size_t *size);
void *__wrap_qemu_alloc_stack(size_t *size);
void __real_qemu_free_stack(void *stack, size_t size);
void __wrap_qemu_free_stack(void *stack, size_t size);

void *__real_qemu_coroutine_new(void);
void *__wrap_qemu_coroutine_new(void);
void __real_qemu_coroutine_delete(void *co);
void __wrap_qemu_coroutine_delete(void *co);
int __real_qemu_coroutine_switch(void *from, void *to, int action);
int __wrap_qemu_coroutine_switch(void *from, void *to, int action);

struct sandbox_stack {
    void *base;
    size_t size;
};

/* The stack that this thread allocated last and has not given back. */
extern __thread struct sandbox_stack sandbox_last_stack;

/* That of the main thread, noted while /proc can be read; empty in tools without os_setup_post. */
extern struct sandbox_stack sandbox_main_stack;

#endif
