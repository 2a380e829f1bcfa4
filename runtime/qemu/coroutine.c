/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Registers every coroutine, and for each thread that runs coroutines its leader: the
 * pseudo-coroutine that stands for the thread's own stack while a coroutine runs on another.
 */
#include <pthread.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/qemu/wrap.h"
#include "runtime/sandbox.h"

/* A CoroutineUContext has 304 bytes, or 312 with valgrind's header; its jmp_buf ends within 304.
 * One of coroutine-sigaltstack.c begins in the same way. */
#define OBJECT_SIZE 304

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t leader_key; /* its destructor runs when a thread ends */
static bool has_key;
static __thread bool is_leader_known;

static void remove_leader(void *leader)
{
    is_leader_known = false;
    sandbox_context_remove(leader);
}

static void make_key(void)
{
    has_key = !pthread_key_create(&leader_key, remove_leader);
}

/* The stack of this thread; empty when it can't be found. */
static struct sandbox_stack own_stack(void)
{
    struct sandbox_stack stack = { 0 };
    pthread_attr_t attr;

    if (!pthread_getattr_np(pthread_self(), &attr)) {
        (void)pthread_attr_getstack(&attr, &stack.base, &stack.size);
        pthread_attr_destroy(&attr);
    } else if (syscall(SYS_gettid) == getpid()) { /* of others glibc knows it itself */
        stack = sandbox_main_stack;
    }
    return stack;
}

static void add_leader(void *leader)
{
    struct sandbox_stack stack = own_stack();

    is_leader_known = true;
    pthread_once(&once, make_key);
    /* Without a key nobody removes it when the thread ends: its registers can't be read any more
     * then, and patches are refused, which is better than not to know of it. */
    if (has_key)
        (void)pthread_setspecific(leader_key, leader);
    (void)sandbox_context_add(leader, stack.base, stack.size, NULL, OBJECT_SIZE);
}

void *__wrap_qemu_coroutine_new(void)
{
    void *co;

    sandbox_last_stack = (struct sandbox_stack){ 0 };
    co = __real_qemu_coroutine_new();
    (void)sandbox_context_add(co, sandbox_last_stack.base, sandbox_last_stack.size, NULL,
                              OBJECT_SIZE);
    return co;
}

void __wrap_qemu_coroutine_delete(void *co)
{
    sandbox_context_remove(co);
    __real_qemu_coroutine_delete(co);
}

/*
 * The first switch of a thread comes from its leader. Thread-local variables are used only before
 * the switch: behind it the coroutine may run on another thread.
 */
int __wrap_qemu_coroutine_switch(void *from, void *to, int action)
{
    if (!is_leader_known)
        add_leader(from);
    return __real_qemu_coroutine_switch(from, to, action);
}
