# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for the RTL8139C+, as far as the tests need it: sending in C+ mode."""
import struct

from lib.net import Wire, netdev
from lib.pci import Pci

CHIP_COMMAND, TX_POLL, CPLUS_COMMAND, TX_RING = 0x37, 0xd9, 0xe0, 0x20
RESET, TRANSMITTER = 0x10, 0x04  # of CHIP_COMMAND
CPLUS_TRANSMITTER = 1
POLL_NORMAL = 0x40
OWN, END_OF_RING, FIRST, LAST, LARGE_SEND = (1 << bit for bit in (31, 30, 29, 28, 27))
MSS_SHIFT = 16
MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', *netdev('rtl'), '-device', 'rtl8139,id=rtl8139,netdev=rtl,romfile=']}


class Rtl8139:
    """The device of MACHINE, with a ring of one descriptor. WIRE is the host's end."""

    def __init__(self, vm):
        self.qtest = vm.qtest
        self.wire = Wire(vm, 'rtl')
        pci = Pci(vm, 0x10ec, 0x8139, name='rtl8139')
        pci.enable()
        self.ports = pci.bar(0)
        self.ring, self.buffer = vm.alloc(64, 256), vm.alloc(65536)
        self.qtest.outb(self.ports + CHIP_COMMAND, RESET)
        self.qtest.outb(self.ports + CHIP_COMMAND, TRANSMITTER)
        self.qtest.outw(self.ports + CPLUS_COMMAND, CPLUS_TRANSMITTER)
        self.qtest.outl(self.ports + TX_RING, self.ring)
        self.qtest.outl(self.ports + TX_RING + 4, 0)

    def send(self, frame, flags=0):
        """Hands FRAME to the device, which has sent it, or its parts, when this returns; does it
        still own the descriptor?"""
        self.qtest.write(self.buffer, frame)
        self.qtest.write(self.ring, struct.pack('<IIQ', OWN | END_OF_RING | FIRST | LAST | flags |
                                                len(frame), 0, self.buffer))
        self.qtest.outb(self.ports + TX_POLL, POLL_NORMAL)
        return bool(self.qtest.readl(self.ring) & OWN)
