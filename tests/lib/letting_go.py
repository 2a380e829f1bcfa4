#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stops a program as raxlpxs does, but lets some or all of it go before it says COMMIT.

usage: letting_go.py SOCKET PID PAYLOAD NAME

Prints "ok" if the runtime notices each time, and applies the patch when all threads rest.
"""
import ctypes
import os
import sys
import time

from frames import APPLY, COMMIT, CONTEXTS, UPLOAD, ask, dial

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000
PF_IO_WORKER, PF_USER_WORKER = 0x10, 0x4000
BUSY = 5
ZERO = bytes(4)

path, pid, payload, name = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4].encode()
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, tid):
    if libc.ptrace(request, tid, None, None):
        raise OSError(ctypes.get_errno(), f'ptrace {request:#x} of {tid}')


def read(tid, what):
    with open(f'/proc/{pid}/task/{tid}/{what}', encoding='ascii') as f:
        return f.read()


def is_ours(tid):
    """Neither the runtime's thread nor one of the kernel's, which raxlpxs leaves alone, too."""
    flags = int(read(tid, 'stat').rpartition(')')[2].split()[6])
    return read(tid, 'comm') != 'sandbox\n' and not flags & (PF_IO_WORKER | PF_USER_WORKER)


def stop(tids):
    for tid in tids:
        ptrace(PTRACE_SEIZE, tid)
        ptrace(PTRACE_INTERRUPT, tid)
    for tid in tids:
        os.waitpid(tid, WALL)


def turns(tid):
    """How often it was given a processor. Not how long: that may count for nothing in a virtual machine."""
    return int(read(tid, 'schedstat').split()[2])


def let_go(tids):
    """Until each has run; those of the target that sleep do so for a millisecond at most."""
    before = {tid: turns(tid) for tid in tids}
    for tid in tids:
        ptrace(PTRACE_DETACH, tid)
    end = time.monotonic() + 20
    while any(turns(tid) == before[tid] for tid in tids):
        if time.monotonic() > end:
            sys.exit(f'they do not run: {tids}')
        time.sleep(0.001)


def contexts(s):
    """The runtime may look ahead behind the reply: give it the time for that, which nobody is told."""
    status = ask(s, CONTEXTS)[0]
    time.sleep(0.005)
    return status


def main():
    tids = [int(tid) for tid in os.listdir(f'/proc/{pid}/task') if is_ours(tid)]
    s = dial(path)
    with open(payload, 'rb') as f:
        got = [ask(s, UPLOAD, f.read(), ZERO)[0]]
    got.append(ask(s, APPLY, name, ZERO)[0])
    texts = []
    for free in (tids, tids[:1], tids[-1:]):
        stop(tids)
        got.append(contexts(s))
        let_go(free)
        status, text = ask(s, COMMIT)
        got.append(status)
        texts.append(text)
        let_go([tid for tid in tids if tid not in free])
    stop(tids)
    got += [contexts(s), ask(s, COMMIT)[0]]
    let_go(tids)
    expected = [0, 0] + 3 * [0, BUSY] + [0, 0]
    busy = [f'thread {tid} is not stopped by this client' for tid in (tids[0], tids[0], tids[-1])]
    if got == expected and texts == busy:
        print('ok')
    else:
        print(f'{got} instead of {expected}, {texts} instead of {busy}')


main()
