# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets whose headers are put apart: when the rest filled the buffers of a descriptor to their
end, the checksum that follows had no room left, and an assertion ended QEMU. With the fix it
goes into the next descriptor."""
import struct

from lib.machine import Setup
from lib.net import IPV4, UDP, Wire, ethernet, ipv4, netdev, udp
from lib.pci import Pci
from lib.wait import until

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', *netdev('e1000e-rx'),
                                      '-device', 'e1000e,id=e1000e-rx,netdev=e1000e-rx,romfile=']}
E1000E = 0x8086, 0x10d3
CONTROL, RFCTL, PSRCTL = 0x0100, 0x5008, 0x2170
ADDRESS, ADDRESS_HIGH, LENGTH, HEAD, TAIL = 0x2800, 0x2804, 0x2808, 0x2810, 0x2818  # of the ring
ENABLE, ALL_FRAMES, LONG_FRAMES, SPLIT = 0x02, 0x8018, 0x20, 0x400                  # in CONTROL
EXTENDED = 0x8000                                                                   # in RFCTL
HEADERS, REST = 128, 1024  # sizes of a descriptor's buffers
DESCRIPTORS = 8
DESCRIPTOR, STATUS, DONE = 32, 8, 1


class Card:
    def __init__(self, vm):
        pci = Pci(vm, *E1000E, name='e1000e-rx')
        pci.enable()
        self.qtest, self.base, self.wire = vm.qtest, pci.bar(0), Wire(vm, 'e1000e-rx')
        self.ring = vm.alloc(DESCRIPTOR * DESCRIPTORS, 128)
        self.buffers = vm.alloc((HEADERS + REST) * DESCRIPTORS, 128)

    def set(self, register, value):
        self.qtest.writel(self.base + register, value)

    def receive(self, size):
        """A datagram of SIZE bytes arrives: the status of the first descriptor."""
        self.set(CONTROL, 0)
        for k in range(DESCRIPTORS):
            at = self.buffers + (HEADERS + REST) * k
            self.qtest.write(self.ring + DESCRIPTOR * k, struct.pack('<QQ16x', at, at + HEADERS))
        for register, value in ((RFCTL, EXTENDED), (PSRCTL, REST // 1024 << 8 | HEADERS // 128),
                                (ADDRESS, self.ring), (ADDRESS_HIGH, 0),
                                (LENGTH, DESCRIPTOR * DESCRIPTORS), (HEAD, 0),
                                (TAIL, DESCRIPTORS * 2 - 2),  # counted in 16 bytes
                                (CONTROL, ENABLE | ALL_FRAMES | LONG_FRAMES | SPLIT)):
            self.set(register, value)
        self.wire.send(ethernet(IPV4, ipv4(UDP, udp(bytes(size)))))
        status = self.ring + STATUS
        if not until(lambda: self.qtest.readl(status) & DONE):
            raise Setup('a datagram does not arrive')
        return self.qtest.readl(status)


def prepare(vm):
    return Card(vm)


def trigger(_vm, card):
    return True, f'a datagram of {REST} bytes arrived, status {card.receive(REST):#x}'


def load(_vm, card):
    card.receive(REST // 2)
