# SPDX-License-Identifier: GPL-2.0-or-later
"""A large send whose segments shall have 0 bytes: before the fix QEMU divides by this 0; afterwards
the frame goes out as it is."""
from lib import rtl8139
from lib.machine import Setup
from lib.net import IPV4, TCP, ethernet, ipv4, tcp
from lib.rtl8139 import LARGE_SEND, MSS_SHIFT, Rtl8139

MACHINE = rtl8139.MACHINE
MSS = 16
DATA = bytes(range(3 * MSS))
FRAME = ethernet(IPV4, ipv4(TCP, tcp(DATA)))


def prepare(vm):
    return Rtl8139(vm)


def trigger(_vm, nic):
    owned = nic.send(FRAME, LARGE_SEND)
    frame = nic.wire.receive()
    if owned or frame is None:
        raise Setup('rtl8139: the frame was not sent')
    return frame == FRAME, f"the frame of {len(FRAME)} bytes is sent in one of {len(frame)}"


def load(_vm, nic):
    """Three segments are sent, with the parts of the data."""
    nic.send(FRAME, LARGE_SEND | MSS << MSS_SHIFT)
    sent = [nic.wire.receive() or b'' for _ in range(len(DATA) // MSS)]
    if b''.join(frame[-MSS:] for frame in sent) != DATA:
        raise Setup(f'rtl8139: wrong segments: {sent}')
