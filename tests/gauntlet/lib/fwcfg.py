# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's firmware configuration device on a PC (docs/specs/fw_cfg in its source), by DMA."""
import struct

from lib.machine import Setup

DMA_HIGH, DMA_LOW = 0x514, 0x518  # ports, big-endian
FAILED, READ, SELECT, WRITE = 1, 2, 8, 16
DIRECTORY, ENTRY = 0x19, 64


class FwCfg:
    def __init__(self, vm):
        self.qtest = vm.qtest
        self.control, self.buffer = vm.alloc(16, 16), vm.alloc(4096)

    def _dma(self, selector, size, kind):
        self.qtest.write(self.control, struct.pack('>IIQ', selector << 16 | SELECT | kind, size,
                                                   self.buffer))
        self.qtest.outl(DMA_LOW, int.from_bytes(struct.pack('>I', self.control), 'little'))
        if self.qtest.readl(self.control):
            raise Setup(f'fw_cfg: item {selector:#x} is not transferred')

    def read(self, selector, size):
        self._dma(selector, size, READ)
        return self.qtest.read(self.buffer, size)

    def write(self, selector, data):
        self.qtest.write(self.buffer, data)
        self._dma(selector, len(data), WRITE)

    def find(self, name):
        """The selector of a file."""
        count, = struct.unpack('>I', self.read(DIRECTORY, 4))
        entries = self.read(DIRECTORY, 4 + ENTRY * count)[4:]
        for at in range(0, len(entries), ENTRY):
            _, selector, path = struct.unpack_from('>IHxx56s', entries, at)
            if path.rstrip(b'\0').decode() == name:
                return selector
        raise Setup(f"fw_cfg: no file '{name}'")
