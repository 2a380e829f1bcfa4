#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a program where the kernel refuses ptrace(), as in many containers; or traces one.

usage: noptrace.py COMMAND...          seccomp, ptrace() fails with EPERM
       noptrace.py --trace TID         traces that thread until its standard input ends; prints "traced"
"""
import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
PTRACE_SEIZE, PTRACE, EPERM = 0x4206, 101, 1
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000

libc = ctypes.CDLL(None, use_errno=True)


def forbid():
    code = b''.join(struct.pack('<HBBI', *insn) for insn in (
        (LOAD, 0, 0, 0),  # the number of the system call
        (JUMP_IF_EQUAL, 0, 1, PTRACE),
        (RETURN, 0, 0, ERRNO | EPERM),
        (RETURN, 0, 0, ALLOW)))
    buf = ctypes.create_string_buffer(code)
    program = struct.pack('<HxxxxxxQ', len(code) // 8, ctypes.addressof(buf))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
        sys.exit('noptrace: no seccomp')


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] == '--trace':
        if libc.ptrace(PTRACE_SEIZE, int(sys.argv[2]), None, None):
            sys.exit(f'noptrace: {os.strerror(ctypes.get_errno())}')
        print('traced', flush=True)
        sys.stdin.read()
    else:
        forbid()
        os.execv(sys.argv[1], sys.argv[1:])
