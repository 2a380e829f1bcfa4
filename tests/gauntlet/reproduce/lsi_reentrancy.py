# SPDX-License-Identifier: GPL-2.0-or-later
"""A script of the controller may write to the controller's own registers, and there start itself
again. Each start was one call deeper on QEMU's stack, until that was full. Now the ninth one is
not run: the script ends with an unexpected disconnect."""
import struct

from lib.machine import Setup
from lib.pci import Pci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'lsi53c810,id=lsi',
                    '-blockdev', 'driver=null-co,node-name=lsi-cd,read-zeroes=on',
                    '-device', 'scsi-cd,bus=lsi.0,drive=lsi-cd']}
LSI53C810 = 0x1000, 0x0001
DSTAT, ISTAT, DSP, SIST0 = 0x0c, 0x14, 0x2c, 0x42
ABORT, RESET = 0x80, 0x40           # in ISTAT
SCRIPT_INTERRUPT = 0x04             # in DSTAT
UNEXPECTED_DISCONNECT = 0x04        # in SIST0
MOVE, INTERRUPT = 0xc0000000, 0x98080000
SIZE = 64


class Lsi:
    """The controller, a place for a script, and two for data."""

    def __init__(self, vm):
        pci = Pci(vm, *LSI53C810)
        self.qtest, self.registers = vm.qtest, pci.bar(1)
        pci.enable()
        self.script, self.source, self.target = vm.alloc(64), vm.alloc(SIZE), vm.alloc(SIZE)

    def reset(self):
        self.qtest.writeb(self.registers + ISTAT, RESET)
        self.qtest.writeb(self.registers + ISTAT, 0)

    def get(self, register):
        return self.qtest.readb(self.registers + register)

    def run(self, *words):
        self.qtest.write(self.script, struct.pack(f'<{len(words)}I', *words))
        self.qtest.writel(self.registers + DSP, self.script)


def prepare(vm):
    return Lsi(vm)


def trigger(vm, lsi):
    """One move writes the registers from ISTAT to DSP: the abort at its beginning makes the
    controller one that is not at work, and so the address at its end starts the script."""
    registers = bytes([ABORT]).ljust(DSP - ISTAT, b'\0') + struct.pack('<I', lsi.script)
    with vm.qtest.lock:
        lsi.reset()
        vm.qtest.write(lsi.source, registers)
        lsi.run(MOVE | len(registers), lsi.source, lsi.registers + ISTAT)
        status = lsi.get(SIST0)
        lsi.reset()
    fixed = bool(status & UNEXPECTED_DISCONNECT) and vm.answers()
    return fixed, f'the script is over, SIST0 {status:#x}'


def load(vm, lsi):
    """A script that copies, and says so."""
    data = bytes(range(SIZE))
    with vm.qtest.lock:
        lsi.reset()
        vm.qtest.write(lsi.source, data)
        vm.qtest.write(lsi.target, bytes(SIZE))
        lsi.run(MOVE | SIZE, lsi.source, lsi.target, INTERRUPT, 0)
        if not lsi.get(DSTAT) & SCRIPT_INTERRUPT or vm.qtest.read(lsi.target, SIZE) != data:
            raise Setup('the script does not copy')
