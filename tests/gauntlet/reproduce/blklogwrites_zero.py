# SPDX-License-Identifier: GPL-2.0-or-later
"""Writing zeroes takes two writes to the log. A write that came between the two got the place in
the log that the zeroes were meant for; with the fix both entries have theirs from the beginning."""
import struct

from lib.blocks import add, create, file_node, path_of, qemu_io
from lib.machine import Setup
from lib.wait import until

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}
SECTOR = 512
FIRST = 1             # the sector of the first entry: behind the superblock
ZEROES, WRITE = 8, 4  # sectors that are zeroed, and then written behind those


def prepare(vm):
    for name in ('logwrites-load', 'logwrites-load-log'):
        file_node(vm, name, 1 << 20)
    add(vm, 'blklogwrites', 'logwrites-other', file='logwrites-load', log='logwrites-load-log')


def add_drive(vm):
    """With a new log, whose writes can be held up. The disk takes writes at once, so that a write is
    held up when qemu-io says that it has begun: to resume it too early waits for it for ever."""
    create(vm, driver='file', filename=path_of(vm, 'logwrites-log'), size=1 << 20)
    # a drive: requests to it stay under way when the monitor's command has ended
    vm.hmp('drive_add 0 if=none,id=logwrites,driver=blklogwrites,'
           f'file.driver=null-co,file.size={1 << 20},'
           'log.driver=blkdebug,log.node-name=logwrites-debug,'
           f"log.image.filename={path_of(vm, 'logwrites-log')},log-sector-size={SECTOR}")


def entry(vm, sector):
    """(sector, number of sectors) of the log entry there."""
    with open(path_of(vm, 'logwrites-log'), 'rb') as f:
        f.seek(sector * SECTOR)
        return struct.unpack('<QQ', f.read(16))


def resumed(vm):
    """Has the first write to the log gone on?"""
    qemu_io(vm, 'logwrites-debug', 'resume between')
    return entry(vm, FIRST) == (0, ZEROES)


def trigger(vm, _state):
    add_drive(vm)
    qemu_io(vm, 'logwrites-debug', 'break pwritev between')
    qemu_io(vm, 'logwrites', f'aio_write -z 0 {ZEROES * SECTOR}')
    qemu_io(vm, 'logwrites', f'aio_write {ZEROES * SECTOR} {WRITE * SECTOR}')
    if not until(lambda: resumed(vm)):
        raise Setup(f'the log begins with {entry(vm, FIRST)}')
    qemu_io(vm, 'logwrites', 'aio_flush')
    vm.hmp('drive_del logwrites')
    fixed = entry(vm, FIRST + 1 + ZEROES) == (ZEROES, WRITE)
    return fixed, f'the second entry is {"" if fixed else "not "}behind the zeroes of the first'


def load(vm, _state):
    for line in ('aio_write -P 3 0 64k', 'aio_write -z 64k 64k', 'aio_write -P 4 4k 8k', 'flush'):
        qemu_io(vm, 'logwrites-other', line)
