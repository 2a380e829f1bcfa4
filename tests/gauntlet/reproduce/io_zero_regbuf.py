# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest writes zeroes, from memory that is registered with the driver of its disk, and the
disk looks for zeroes: what became a request without data kept the mark of data in registered
memory, and failed."""
from lib.machine import Setup
from lib.vblk import GOOD, SECTOR, Vblk

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-drive',
    'if=none,id=regbuf,format=raw,file.driver=null-co,file.size=1M,detect-zeroes=on',
    '-device', 'virtio-blk-pci,id=regbuf-disk,disable-legacy=on,drive=regbuf']}


def prepare(vm):
    return Vblk(vm, 'regbuf-disk')


def trigger(_vm, disk):
    status = disk.write(bytes(8 * SECTOR))
    return status == GOOD, f'status {status} of a write of zeroes'


def load(_vm, disk):
    if disk.write(b'\x01' * 8 * SECTOR) != GOOD:
        raise Setup('a write fails')
