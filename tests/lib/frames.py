# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests and replies of a sandbox socket, made after runtime/wire.h."""
import socket
import struct

APPLY, REMOVE, CONTEXTS, COMMIT, UPLOAD = 3, 4, 5, 6, 10


def dial(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(60)
    return s


def frame(ident, *fields):
    body = b''.join(struct.pack('<I', len(f)) + f for f in fields)
    return b'SAND' + struct.pack('<HHI', 2, ident, 12 + len(body)) + body


def receive(s):
    """The status and the text of a reply."""
    got = s.recv(12, socket.MSG_WAITALL)
    got += s.recv(struct.unpack_from('<I', got, 8)[0] - 12, socket.MSG_WAITALL)
    status, size = struct.unpack_from('<II', got, 16)
    return status, got[24:24 + size].decode()


def ask(s, ident, *fields):
    s.sendall(frame(ident, *fields))
    return receive(s)
