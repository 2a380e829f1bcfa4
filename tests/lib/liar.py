#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands for a program that was taken over: listens like a runtime, and answers with lies.

usage: liar.py DIRECTORY LIE [ARGUMENT]

Listens on DIRECTORY/sandbox-sock<pid>, prints its pid, and serves one connection after the other. LIE:

    escape      texts that move the cursor of a terminal, everywhere
    listener N  says that thread N, of another process, is its listener
    deaf        never accepts: once its queue is full connect() waits
    drip        a byte of a reply each second
    endless     a reply that is longer than it may be
    ranges      code everywhere
    wrap        code that wraps around
    contexts    coroutines whose stacks are nowhere, overlap, and wrap around
    code        code everywhere, with call frame information of random bytes, and where nothing is
"""
import os
import random
import socket
import struct
import sys
import threading
import time

INFO, LIST, APPLY, CONTEXTS, COMMIT, CODE = 1, 2, 3, 5, 6, 12
ESC = b'\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\x9b31m\n\r'


def field(data):
    return struct.pack('<I', len(data)) + data


def patch(name=b'fix'):
    return struct.pack('<128s20sIQIIIIHHI20s4x', name, b'\1' * 20, 1, 1, 1, 28, 0, 0, 0, 0, 0, bytes(20))


def wire_range(start, size, name=b'mini_transfer'):
    return struct.pack('<QQ64s', start, size, name)


def context(ident, lo, hi, rip, rsp):
    return struct.pack('<11QII', ident, lo, hi, rip, *[rsp] * 7, 0, 0)


def u32(n):
    return struct.pack('<I', n)


class Liar:
    def __init__(self, lie, argument):
        self.lie, self.argument = lie, argument

    def is_(self, *lies):
        return self.lie in lies

    def fields(self, ident):
        if ident == INFO:
            return [b'version=%s\nbuild-id=00\nexe=%s\n' % ((ESC, ESC) if self.is_('escape') else (b'1', b'/x'))]
        if ident == LIST:
            return [patch(b'fix' + ESC if self.is_('escape') else b'fix')]
        if ident == APPLY:
            ranges = wire_range(4096, 16)
            if self.is_('ranges', 'code'):
                ranges = b''.join(wire_range(i << 40, (1 << 64) - 1 - (i << 40)) for i in range(1000))
            if self.is_('wrap'):
                ranges += wire_range(1 << 63, 1 << 63)
            listener = self.argument if self.is_('listener') else threading.get_native_id()
            return [u32(0), u32(listener), patch(), ranges]
        if ident == CONTEXTS:
            return [self.contexts()] if self.is_('contexts') else [b'']
        if ident == CODE:
            return [self.code()] if self.is_('code') else [b'']
        return []

    def contexts(self):
        rnd = random.Random(1)
        top = (1 << 64) - 1
        values = [0, 8, 4096, top, top - 7, 1 << 63, 1 << 47]
        return b''.join(context(i, *[rnd.choice(values) for _ in range(4)]) for i in range(20000))

    def code(self):
        rnd = random.Random(1)
        out = b''
        for i in range(50):
            self.kept = getattr(self, 'kept', []) + [rnd.randbytes(4096)]
            addr = id(self.kept[-1]) + 32
            out += struct.pack('<4Q64s', 4096, 1 << 62, rnd.choice([addr, 0, 1 << 63]),
                               rnd.choice([4096, 17, 1 << 40]), b'fix')
        return out

    def reply(self, ident):
        if self.is_('endless'):
            return b'SAND' + struct.pack('<HHI', 2, ident | 0x8000, 0xffffffff) + bytes(1 << 20)
        status = 2 if self.is_('escape') and ident == APPLY else 0
        body = field(u32(status)) + field(ESC if status else b'')
        if not status:
            body += b''.join(field(f) for f in self.fields(ident))
        return b'SAND' + struct.pack('<HHI', 2, ident | 0x8000, 12 + len(body)) + body

    def serve(self, s):
        while True:
            head = s.recv(12, socket.MSG_WAITALL)
            if len(head) < 12:
                return
            ident, length = struct.unpack_from('<HI', head, 6)
            s.recv(length - 12, socket.MSG_WAITALL)
            reply = self.reply(ident)
            if not self.is_('drip'):
                s.sendall(reply)
                continue
            for byte in reply:
                s.sendall(bytes([byte]))
                time.sleep(1)


def listen(listener, liar):
    while True:
        s, _ = listener.accept()
        try:
            liar.serve(s)
        except OSError:
            pass
        s.close()


def main(argv):
    if len(argv) < 3:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f'{argv[1]}/sandbox-sock{os.getpid()}')
    liar = Liar(argv[2], int(argv[3]) if len(argv) > 3 else 0)
    listener.listen(0)
    print(os.getpid(), flush=True)
    if not liar.is_('deaf'):
        threading.Thread(target=listen, args=(listener, liar), daemon=True).start()
    while True:
        time.sleep(1000)


if __name__ == '__main__':
    sys.exit(main(sys.argv))
