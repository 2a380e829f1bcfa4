#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Passes descriptors to a sandbox socket, and prints what came of it.

usage: passing.py SOCKET changing PAYLOAD ROUNDS NAME   a payload that is spoiled and mended all the time
       passing.py SOCKET odd                            one descriptor of each kind
       passing.py SOCKET many                           as many as fit into one message
       passing.py SOCKET large SECONDS                  16 MiB again and again
       passing.py SOCKET info                           nothing: a client of another kind
"""
import array
import os
import socket
import struct
import sys
import threading
import time

from frames import REMOVE, UPLOAD, dial, frame, receive

path, what = sys.argv[1], sys.argv[2]
PASSED, INFO = 8, 1

def upload(s, fds, flags=PASSED):
    s.sendmsg([frame(UPLOAD, b'', struct.pack('<I', flags))],
              [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))])
    return receive(s)

def memory(content):
    fd = os.memfd_create('payload', os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    return fd

if what == 'changing':  # a payload that another thread spoils and mends all the time
    payload, rounds = open(sys.argv[3], 'rb').read(), int(sys.argv[4])
    fd, end = memory(payload), threading.Event()
    def spoil():
        while not end.is_set():
            os.ftruncate(fd, len(payload) // 2)
            os.ftruncate(fd, len(payload))
            os.pwrite(fd, payload, 0)
            os.pwrite(fd, b'\0' * 4096, len(payload) // 3)
            os.pwrite(fd, payload, 0)
    thread = threading.Thread(target=spoil)
    thread.start()
    s, good, bad = dial(path), 0, set()
    for _ in range(rounds):
        status, text = upload(s, [fd])
        if status:
            bad.add(status)
            continue
        good += 1
        s.sendall(frame(REMOVE, sys.argv[5].encode(), bytes(4)))
        assert receive(s)[0] == 0
    end.set()
    thread.join()
    print(f'{good} of {rounds} as it should be, other answers {sorted(bad)}', file=sys.stderr)
    print('ok' if bad <= {2, 4, 6} else bad)
elif what == 'odd':  # one descriptor of each kind
    def reopened(fd, mode):
        return os.open(f'/proc/self/fd/{fd}', mode)
    large = memory(b'')
    os.ftruncate(large, (16 << 20) + 1)
    kinds = {
        'pipe': os.pipe()[0],
        'folder': os.open('/proc/self', os.O_RDONLY | os.O_DIRECTORY),
        'name': reopened(memory(b'x'), os.O_PATH),
        'socket': socket.socketpair()[0].detach(),
        'device': os.open('/dev/zero', os.O_RDONLY),
        'for writing': reopened(memory(b'x' * 5000), os.O_WRONLY),
        'empty': memory(b''),
        'too large': large,
    }
    for kind, fd in kinds.items():
        status, text = upload(dial(path), [fd])
        print(f'{kind}: {status} {text}')
elif what == 'many':  # all that fit into one message: read ends of one pipe, of which it keeps none
    r, w = os.pipe()
    os.set_blocking(w, False)
    s = dial(path)
    print(*upload(s, [r] * 253))
    os.close(r)
    try:
        while os.write(w, b'x' * 4096):
            time.sleep(0.01)  # SIGPIPE is ignored: an error once nobody has the other end
    except BrokenPipeError:
        print('closed')
    except BlockingIOError:
        print('somebody holds the pipe')
elif what == 'large':  # 16 MiB again and again, on two connections, as descriptor and as bytes
    end, n = time.monotonic() + float(sys.argv[3]), 0
    fd, inline = memory(b'\x7fELF' + b'x' * ((16 << 20) - 4)), b'\x7fELF' + b'y' * ((16 << 20) - 4)
    a, b = dial(path), dial(path)
    while time.monotonic() < end:
        status = upload(a, [fd])[0]
        b.sendall(frame(UPLOAD, inline, bytes(4)))
        assert status == receive(b)[0] == 2
        n += 1
    print(n)
elif what == 'info':
    s = dial(path)
    s.sendall(frame(INFO))
    print(receive(s)[0])
