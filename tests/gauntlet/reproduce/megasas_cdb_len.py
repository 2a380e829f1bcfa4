# SPDX-License-Identifier: GPL-2.0-or-later
"""A read or write of a logical drive has no SCSI command, the controller makes that. All the
same it looked at the length of a command in the frame, which means nothing here, and failed."""
import struct

from lib.machine import Setup
from lib.pci import Pci
from lib.wait import until

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'megasas,id=megasas', '-drive',
                    'if=none,id=mega-disk,driver=null-co,read-zeroes=on',
                    '-device', 'scsi-hd,bus=megasas.0,scsi-id=0,drive=mega-disk']}
MEGASAS = 0x1000, 0x0060
QUEUE_PORT = 0x40
READ, SECTOR, FRAME = 1, 512, 16384
UNDER_WAY, GOOD = 0xff, 0x00  # in the frame's status


def prepare(vm):
    pci = Pci(vm, *MEGASAS, name='megasas')
    pci.enable()
    return pci.bar(0), vm.alloc(FRAME, 4096), vm.alloc(SECTOR)


def read(vm, state, length):
    """Reads a sector, with that LENGTH of a command: the status of the frame."""
    base, frame, buffer = state
    vm.qtest.write(frame, struct.pack('<BBBBBBBBQHHI', READ, 0, UNDER_WAY, 0, 0, 0, length, 1,
                                      0, 0, 0, 1) +
                   struct.pack('<QQII', 0, 0, buffer, SECTOR))  # sense, block, where it goes
    vm.qtest.writel(base + QUEUE_PORT, frame)
    if not until(lambda: vm.qtest.readb(frame + 2) != UNDER_WAY):
        raise Setup('a read of the logical drive does not end')
    return vm.qtest.readb(frame + 2)


def trigger(vm, state):
    status = read(vm, state, 20)
    return status == GOOD, f'status {status:#x} of a read'


def load(vm, state):
    read(vm, state, 10)
