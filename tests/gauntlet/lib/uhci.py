# SPDX-License-Identifier: GPL-2.0-or-later
"""Transfers over a UHCI host controller (UHCI 1.1) to the device on one of its two ports, which
keeps the address 0 that it has after its reset."""
import struct

from lib.machine import Setup
from lib.pci import Pci

COMMAND, STATUS, FRAME_LIST, PORT = 0x00, 0x02, 0x08, 0x10  # registers
RUN, RESET = 1, 2                                           # in COMMAND
PROCESS_ERROR, HALTED = 0x10, 0x20                          # in STATUS
CONNECTED, ENABLED, PORT_RESET = 0x001, 0x004, 0x200        # in PORT
END, QUEUE, DEPTH = 1, 2, 4                                 # in a link
ACTIVE, STALLED, LOW_SPEED, ERRORS = 1 << 23, 1 << 22, 1 << 26, 0x7e << 16  # of a descriptor
SETUP, IN, OUT = 0x2d, 0x69, 0xe1                           # packets
FRAMES, FRAME_NS, PATIENCE = 1024, 1000000, 64
PACKET = 64  # of data at most


class Uhci:
    """The controller with these PCI ids (and this id=, NAME); the device is on PORT, counted from
    0."""

    def __init__(self, vm, vendor, device, port=0, name=None):
        pci = Pci(vm, vendor, device, name=name)
        self.qtest, self.base, self.port = vm.qtest, pci.bar(4), PORT + 2 * port
        pci.enable()
        self.frames, self.queue = vm.alloc(4 * FRAMES, 4096), vm.alloc(16, 16)
        self.transfers, self.buffers = vm.alloc(64 * 16, 16), vm.alloc(64 * PACKET)

    def reset(self):
        """The controller, and the device."""
        self.qtest.outw(self.base + COMMAND, RESET)
        self.qtest.outw(self.base + self.port, PORT_RESET)
        self.qtest.outw(self.base + self.port, ENABLED)
        if not self.qtest.inw(self.base + self.port) & ENABLED:
            raise Setup('no device on the USB port')
        self.qtest.write(self.frames, FRAMES * struct.pack('<I', self.queue | QUEUE))
        self.qtest.outl(self.base + FRAME_LIST, self.frames)

    def transfer(self, packets):
        """Does PACKETS, up to 64 of (kind, endpoint, toggle, data or its size), in their order:
        (what STATUS says, [(control word, data)] of each packet)."""
        for k, (kind, endpoint, toggle, data) in enumerate(packets):
            size = data if isinstance(data, int) else len(data)
            if not isinstance(data, int):
                self.qtest.write(self.buffers + PACKET * k, data)
            last = k == len(packets) - 1
            self.qtest.write(self.transfers + 16 * k, struct.pack(
                '<IIII', END if last else self.transfers + 16 * (k + 1) | DEPTH, ACTIVE,
                (size - 1 & 0x7ff) << 21 | toggle << 19 | endpoint << 15 | kind,
                self.buffers + PACKET * k))
        self.qtest.write(self.queue, struct.pack('<II', END, self.transfers))
        self._run(len(packets))
        done = []
        for k, (kind, _, _, data) in enumerate(packets):
            control = self.qtest.readl(self.transfers + 16 * k + 4)
            size = min(data, control + 1 & 0x7ff) if kind == IN else 0
            done.append((control, self.qtest.read(self.buffers + PACKET * k, size)))
        return self.qtest.inw(self.base + STATUS), done

    def _run(self, count):
        """Until the last packet is done, one has failed or the controller has stopped."""
        self.qtest.outw(self.base + STATUS, 0x1f)  # each bit is cleared by writing it
        self.qtest.outw(self.base + COMMAND, RUN)
        for _ in range(PATIENCE):
            self.qtest.step(FRAME_NS)
            controls = [self.qtest.readl(self.transfers + 16 * k + 4) for k in range(count)]
            if not controls[-1] & ACTIVE or any(word & STALLED for word in controls) or \
                    self.qtest.inw(self.base + STATUS) & (PROCESS_ERROR | HALTED):
                break
        else:
            raise Setup('the USB device does not answer')
        self.qtest.outw(self.base + COMMAND, 0)
        self.qtest.step(FRAME_NS)  # the controller looks at it when the next frame begins

    def control(self, request, size=0):
        """A control transfer to endpoint 0 with the eight bytes REQUEST and room for SIZE bytes:
        the data, None when the device stalls."""
        packets = [(SETUP, 0, 0, request)]
        packets += [(IN, 0, 1, size), (OUT, 0, 1, 0)] if size else [(IN, 0, 1, 0)]
        _, done = self.transfer(packets)
        if any(control & ERRORS for control, _ in done):
            return None
        return done[1][1]
