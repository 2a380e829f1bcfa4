# SPDX-License-Identifier: GPL-2.0-or-later
"""A queued command that failed set the bit of its tag in PxSERR, where others stand for errors
of the link (AHCI 1.3.1, 3.3.12), and no command of that tag ended any more."""
import struct

from lib.machine import Setup
from lib.wait import until
from reproduce.ahci_pxcmd_st import (DISK, IS_COMMAND, MACHINE, PXCI, PXSACT, REGISTER_H2D, SECTOR,
                                     prepare)

PXSERR, PXTFD = 0x30, 0x20
READ_QUEUED, NON_DATA_QUEUED = 0x60, 0x63  # the latter is one that QEMU does not know
TAG = 3


def issue(port, command, tag=0):
    """Gives the disk a command for its first sector, up to its end: the port's task file."""
    fis = bytes([REGISTER_H2D, IS_COMMAND, command, 1, *bytes(8), tag << 3]).ljust(20, b'\0')
    port.qtest.write(port.list + 32 * tag, struct.pack('<HHIQ16x', len(fis) // 4, 1, 0, port.table))
    port.qtest.write(port.table, fis.ljust(0x80, b'\0') +
                     struct.pack('<QII', port.data, 0, SECTOR - 1))
    port.set(PXCI, 1 << tag)
    if not until(lambda: port.get(PXCI) == 0):
        raise Setup(f'the disk does not take command {command:#x}')
    return port.get(PXTFD)


def trigger(vm, ports):
    port = ports[DISK]
    with vm.qtest.lock:
        port.start()
        port.set(PXSERR, 0xffffffff)  # each bit is cleared by writing it
        port.set(PXSACT, 1 << TAG)
        issue(port, NON_DATA_QUEUED, TAG)
        errors = port.get(PXSERR)
        port.set(PXSERR, 0xffffffff)
        port.stop()
    return errors == 0, f'PxSERR after a failed command with tag {TAG}: {errors:#x}'


def load(vm, ports):
    """Starts the port, reads a sector by a queued command, stops the port."""
    port = ports[DISK]
    with vm.qtest.lock:
        port.start()
        port.set(PXSACT, 1)
        issue(port, READ_QUEUED)
        if not until(lambda: not port.get(PXSACT) & 1):
            raise Setup('a queued read does not end')
        port.stop()
