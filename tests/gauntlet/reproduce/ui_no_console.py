# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC client asks for another size of a desktop that is not there.

Before the fix QEMU looks for the functions of the active console. A machine without display device
has none, and the process ends. With the fix the client is told that it can't be. Any console in
the machine hides the bug."""
import struct

from lib import rfb
from lib.machine import Setup

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-vnc', 'unix:{dir}/vnc']}

FRAMEBUFFER_UPDATE, SET_DESKTOP_SIZE = 0, 251
OUR_REQUEST, INVALID_LAYOUT = 1, 3
WIDTH, HEIGHT = 800, 600
SCREEN = struct.Struct('>IHHHHI')


def prepare(vm):
    return rfb.Client(vm)


def load(_, client):
    client.heard()


def trigger(vm, _):
    client = rfb.Client(vm)
    try:
        client.encodings(rfb.DESKTOP_SIZE)
        client.send('>BxHHBx16s', SET_DESKTOP_SIZE, WIDTH, HEIGHT, 1,
                    SCREEN.pack(0, 0, 0, WIDTH, HEIGHT, 0))
        return answer(client)
    finally:
        client.close()


def answer(client):
    """What the server says to the request; it may tell the size for other reasons before."""
    reason = None
    while reason != OUR_REQUEST:
        kind, count = client.read('>BxH')
        if kind != FRAMEBUFFER_UPDATE or count != 1:
            raise Setup(f'VNC: message {kind} with {count} rectangles')
        reason, status, _, _, encoding = client.read('>HHHHi')
        if encoding != rfb.DESKTOP_SIZE:
            raise Setup(f'VNC: encoding {encoding}')
        screens, = client.read('>Bxxx')
        client.read(f'>{screens * SCREEN.size}s')
    return status == INVALID_LAYOUT, f'the server answers with status {status}'
