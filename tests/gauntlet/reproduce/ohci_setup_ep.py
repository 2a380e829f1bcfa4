# SPDX-License-Identifier: GPL-2.0-or-later
"""A SETUP packet to another endpoint than 0, which USB does not have, hit an assertion. Now the
controller stops with an unrecoverable error (OHCI 1.0a, 7.1.4)."""
import struct

from lib.machine import Setup
from lib.pci import Pci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'pci-ohci,id=ohci',
                    '-device', 'usb-mouse,bus=ohci.0,port=1']}
APPLE_OHCI = 0x106b, 0x003f
CONTROL, COMMAND, INTERRUPT, HCCA, CONTROL_HEAD, PORT_1 = 0x04, 0x08, 0x0c, 0x18, 0x20, 0x54
OPERATIONAL, CONTROL_LIST = 0x80, 0x10     # in CONTROL
RESET, LIST_FILLED = 1, 2                  # in COMMAND
UNRECOVERABLE = 0x10                       # in INTERRUPT
PORT_POWER, PORT_RESET, ENABLED = 0x100, 0x10, 0x02
PACKET = 8 << 16                           # its greatest size, for the endpoint
SETUP, OUT, IN = 0, 1 << 19, 2 << 19
NOT_ACCESSED, NO_INTERRUPT, ROUNDED = 0xf << 28, 7 << 21, 1 << 18
TOGGLE_0, TOGGLE_1 = 2 << 24, 3 << 24
HALTED = 1                                 # in an endpoint's head
FRAME_NS, PATIENCE = 1000000, 64
GET_DEVICE_DESCRIPTOR = struct.pack('<BBHHH', 0x80, 6, 0x0100, 0, 18)


class Ohci:
    """The controller and what it shares with us in memory; the device on port 1 keeps address 0."""

    def __init__(self, vm):
        pci = Pci(vm, *APPLE_OHCI)
        self.qtest, self.base = vm.qtest, pci.bar(0)
        pci.enable()
        self.hcca, self.endpoint = vm.alloc(256, 256), vm.alloc(16, 16)
        self.transfers, self.buffers = vm.alloc(4 * 16, 16), vm.alloc(4 * 64, 64)

    def get(self, register):
        return self.qtest.readl(self.base + register)

    def set(self, register, value):
        self.qtest.writel(self.base + register, value)

    def reset(self):
        """The controller, and the device."""
        self.set(COMMAND, RESET)
        self.qtest.write(self.hcca, bytes(256))
        self.set(HCCA, self.hcca)
        self.set(CONTROL, OPERATIONAL)
        for bit in (PORT_POWER, PORT_RESET, ENABLED):
            self.set(PORT_1, bit)
        if not self.get(PORT_1) & ENABLED:
            raise Setup('no device on the USB port')

    def transfer(self, endpoint, packets):
        """Does up to three of (flags, data or its size); True when all were done."""
        for k, (flags, data) in enumerate(packets):
            at = self.buffers + 64 * k
            size = data if isinstance(data, int) else len(data)
            if not isinstance(data, int):
                self.qtest.write(at, data)
            self.qtest.write(self.transfers + 16 * k, struct.pack(
                '<IIII', flags | NOT_ACCESSED | NO_INTERRUPT, at if size else 0,
                self.transfers + 16 * (k + 1), at + size - 1 if size else 0))
        tail = self.transfers + 16 * len(packets)
        self.qtest.write(self.endpoint,
                         struct.pack('<IIII', PACKET | endpoint << 7, tail, self.transfers, 0))
        self.set(CONTROL_HEAD, self.endpoint)
        self.set(CONTROL, OPERATIONAL | CONTROL_LIST)
        self.set(COMMAND, LIST_FILLED)
        for _ in range(PATIENCE):
            self.qtest.step(FRAME_NS)
            head = self.qtest.readl(self.endpoint + 8)
            if head & ~0xf == tail or head & HALTED or self.get(INTERRUPT) & UNRECOVERABLE:
                break
        self.set(CONTROL, OPERATIONAL)
        return head & ~0xf == tail and not head & HALTED


def prepare(vm):
    return Ohci(vm)


def trigger(vm, ohci):
    with vm.qtest.lock:
        ohci.reset()
        ohci.transfer(1, [(SETUP | TOGGLE_0, GET_DEVICE_DESCRIPTOR)])
        status = ohci.get(INTERRUPT)
        ohci.reset()
    return bool(status & UNRECOVERABLE) and vm.answers(), \
        f'SETUP to endpoint 1: interrupt status {status:#x}'


def load(vm, ohci):
    """Asks the mouse what it is."""
    with vm.qtest.lock:
        ohci.reset()
        done = ohci.transfer(0, [(SETUP | TOGGLE_0, GET_DEVICE_DESCRIPTOR),
                                 (IN | TOGGLE_1 | ROUNDED, 18), (OUT | TOGGLE_1, 0)])
        descriptor = vm.qtest.read(ohci.buffers + 64, 18)
    if not done or descriptor[:2] != b'\x12\x01':
        raise Setup(f'the mouse describes itself as {descriptor}')
