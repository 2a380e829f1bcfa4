#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Talks nonsense to a sandbox socket.

usage: wire.py SOCKET [SECONDS]

Sends one malformed frame after the other, each on a connection of its own, and sees that the
runtime ends that connection (or answers with a status) within SECONDS (default 5) instead of
waiting or dying. Prints one line a frame; exit 1 if one of them was not ended. The frames
are made after runtime/wire.h.
"""
import os
import socket
import struct
import sys

MAGIC, VERSION = b'SAND', 2
INFO, APPLY, REMOVE, COMMIT, UPLOAD, REVERT = 1, 3, 4, 6, 10, 11
MAX_REQUEST = (16 << 20) + 4096


def frame(ident, body=b'', magic=MAGIC, version=VERSION, length=None):
    total = 12 + len(body) if length is None else length
    return magic + struct.pack('<HHI', version, ident, total) + body


def field(data, length=None):
    return struct.pack('<I', len(data) if length is None else length) + data


FLAGS = field(b'\0' * 4)

# name: (bytes, whether we close our side after them). Where we don't, the bytes alone are reason enough.
FRAMES = {
    'random bytes': (os.urandom(64), True),
    'a line of text': (b'GET / HTTP/1.0\r\n\r\n', True),
    'wrong magic': (frame(INFO, magic=b'DNAS'), False),
    'wrong version': (frame(INFO, version=99), False),
    'length below the header': (frame(INFO, length=4), False),
    'length over the limit': (frame(UPLOAD, length=MAX_REQUEST + 1), False),
    'length of four gigabytes': (frame(UPLOAD, length=0xffffffff), False),
    'unknown message': (frame(0x7777), False),
    'a reply instead of a request': (frame(0x8000 | INFO), False),
    'field longer than the frame': (frame(UPLOAD, field(b'abc', 1 << 20)), False),
    'field length cut off': (frame(UPLOAD, b'\1\0'), False),
    'field where none belongs': (frame(INFO, field(b'x')), False),
    'version of before': (frame(INFO, version=1), False),
    'upload without a payload': (frame(UPLOAD), False),
    'upload without flags': (frame(UPLOAD, field(b'')), False),
    'upload of an empty payload': (frame(UPLOAD, field(b'') + FLAGS), False),
    'upload of garbage': (frame(UPLOAD, field(os.urandom(5000)) + FLAGS), False),
    'apply without flags': (frame(APPLY, field(b'x')), False),
    'apply with flags that are too short': (frame(APPLY, field(b'x') + field(b'\0')), False),
    'apply with flags that nobody knows': (frame(APPLY, field(b'x') + field(b'\xff' * 4)), False),
    'apply of a very long name': (frame(APPLY, field(b'A' * 100000) + FLAGS), False),
    'apply of nothing': (frame(APPLY, field(b'') + FLAGS), False),
    'revert of nothing': (frame(REVERT, field(b'') + FLAGS), False),
    'revert with flags that nobody knows': (frame(REVERT, field(b'x') + field(b'\2\0\0\0')), False),
    'remove of a very long name': (frame(REMOVE, field(b'A' * 100000) + field(bytes(4))), False),
    'remove of bytes that are no text': (frame(REMOVE, field(b'\xff\0\xfe') + field(bytes(4))), False),
    'commit without a transaction': (frame(COMMIT), False),
    'half a header': (frame(INFO)[:7], True),
    'half a frame': (frame(UPLOAD, field(b'x' * 1000))[:500], True),
    'nothing at all': (b'', True),
}


def answer(path, data, close, seconds):
    """What the runtime did: 'ended', 'status N', or 'silent'."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(seconds)
    s.connect(path)
    try:
        s.sendall(data)
        if close:
            s.shutdown(socket.SHUT_WR)
        got = b''
        while len(got) < 20:
            more = s.recv(4096)
            if not more:
                return 'ended'
            got += more
        return f'status {struct.unpack_from("<I", got, 16)[0]}'
    except TimeoutError:
        return 'silent'
    except (ConnectionResetError, BrokenPipeError):
        return 'ended'
    finally:
        s.close()


def main(argv):
    if not 2 <= len(argv) <= 3:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    seconds = float(argv[2]) if len(argv) == 3 else 5
    bad = 0
    for name, (data, close) in FRAMES.items():
        did = answer(argv[1], data, close, seconds)
        print(f'{name}: {did}')
        bad += did in ('silent', 'status 0')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
