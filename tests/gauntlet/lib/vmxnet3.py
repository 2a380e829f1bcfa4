# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for VMware's vmxnet3 (the layouts are those of QEMU's hw/net/vmxnet3.h), as far as the
tests need it: it sends through one queue."""
import struct

from lib.machine import Setup
from lib.net import Wire, netdev
from lib.pci import Pci

TX_PRODUCER = 0x600                            # in BAR 0
SHARED_LOW, SHARED_HIGH, COMMAND = 0x10, 0x18, 0x20  # in BAR 1
ACTIVATE, QUIESCE = 0xcafe0000, 0xcafe0001
MAGIC = 0xbabefee1
RING = 32                                      # descriptors
GENERATION, LAST, COMPLETE = 1 << 14, 1 << 12, 1 << 13  # of a descriptor to send
COMPLETED = 1 << 31
MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', *netdev('vmx'), '-device', 'vmxnet3,id=vmxnet3,netdev=vmx,romfile=']}


class Vmxnet3:
    """The device of MACHINE, not active yet. WIRE is the host's end."""

    def __init__(self, vm):
        self.qtest = vm.qtest
        self.wire = Wire(vm, 'vmx')
        pci = Pci(vm, 0x15ad, 0x07b0, name='vmxnet3')
        pci.enable()
        self.queues, self.control = pci.bar(0), pci.bar(1)
        self.shared, self.table = vm.alloc(4096, 4096), vm.alloc(4096, 4096)
        self.ring, self.completions = vm.alloc(16 * RING, 512), vm.alloc(16 * RING, 512)
        self.buffer = vm.alloc(16384)

    def command(self, number):
        """What the device says to it."""
        self.qtest.writel(self.control + COMMAND, number)
        return self.qtest.readl(self.control + COMMAND)

    def activate(self, mtu):
        """With one queue to send and none to receive."""
        misc = struct.pack('<16x2Q', 0, 0) + struct.pack('<Q2I', self.table, 0, 4096) + \
            struct.pack('<IHBB', mtu, 0, 1, 0)
        self.qtest.write(self.shared, struct.pack('<II', MAGIC, 0) + misc.ljust(1024, b'\0'))
        queue = struct.pack('<16x3Q', self.ring, 0, self.completions) + bytes(16) + \
            struct.pack('<4I', RING, 0, RING, 0)
        self.qtest.write(self.table, queue.ljust(256, b'\0'))
        self.qtest.write(self.ring, bytes(16 * RING))
        self.qtest.writel(self.control + SHARED_LOW, self.shared)
        self.qtest.writel(self.control + SHARED_HIGH, 0)
        if self.command(ACTIVATE) != 0:
            raise Setup('vmxnet3: the device is not active')

    def quiesce(self):
        self.command(QUIESCE)

    def send(self, frame):
        """The first frame after activate(); what arrives at the host."""
        self.qtest.write(self.buffer, frame)
        self.qtest.write(self.ring, struct.pack('<QII', self.buffer, GENERATION | len(frame),
                                                LAST | COMPLETE))
        self.qtest.writel(self.queues + TX_PRODUCER, 1)
        if not self.qtest.readl(self.completions + 12) & COMPLETED:
            raise Setup('vmxnet3: a frame is not sent')
        return self.wire.receive()
