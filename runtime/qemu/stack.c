/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Notes which stack a thread got last: qemu_coroutine_new() allocates one inside, and its
 * caller is told neither address nor size.
 */
#include "runtime/qemu/wrap.h"

__thread struct sandbox_stack sandbox_last_stack;
struct sandbox_stack sandbox_main_stack;

void *__wrap_qemu_alloc_stack(size_t *size)
{
    void *stack = __real_qemu_alloc_stack(size);

    sandbox_last_stack = (struct sandbox_stack){ .base = stack, .size = *size };
    return stack;
}

void __wrap_qemu_free_stack(void *stack, size_t size)
{
    if (sandbox_last_stack.base == stack)
        sandbox_last_stack = (struct sandbox_stack){ 0 };
    __real_qemu_free_stack(stack, size);
}
