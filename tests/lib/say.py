#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Says one message to a sandbox socket, as raxlpxs would not, and prints the answer.

usage: say.py SOCKET upload FILE [FLAGS]
       say.py SOCKET apply|revert|remove ID [FLAGS]

Prints the status, the flags (0 where there are none) and the text. The connection stays open until
its standard input ends. Made after runtime/wire.h.
"""
import socket
import struct
import sys

IDS = {'apply': 3, 'remove': 4, 'upload': 10, 'revert': 11}


def receive(s):
    got = b''
    while len(got) < 12 or len(got) < struct.unpack_from('<I', got, 8)[0]:
        more = s.recv(65536)
        if not more:
            raise ConnectionError('the connection ended')
        got += more
    fields, at = [], 12
    while at < len(got):
        n, = struct.unpack_from('<I', got, at)
        fields.append(got[at + 4:at + 4 + n])
        at += 4 + n
    return fields


def main(argv):
    if len(argv) not in (4, 5) or argv[2] not in IDS:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    fields = [argv[3].encode()]
    if argv[2] == 'upload':
        with open(argv[3], 'rb') as f:
            fields = [f.read()]
    fields.append(struct.pack('<I', int(argv[4]) if len(argv) == 5 else 0))
    body = b''.join(struct.pack('<I', len(f)) + f for f in fields)
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(argv[1])
    s.sendall(b'SAND' + struct.pack('<HHI', 2, IDS[argv[2]], 12 + len(body)) + body)
    fields = receive(s)
    flags = fields[2] if len(fields) > 2 and len(fields[2]) == 4 else bytes(4)
    print(int.from_bytes(fields[0], 'little'), int.from_bytes(flags, 'little'),
          fields[1].decode(), flush=True)
    sys.stdin.read()
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
