# SPDX-License-Identifier: GPL-2.0-or-later
"""A migration gives up the disks one after the other. When it failed at the second one, QEMU
went on without having taken back the first: the guest's next write hit an assertion."""
from lib.blocks import add, remove
from lib.machine import Setup
from lib.migrate import migrate, round_trip
from lib.nbd import Server
from lib.vblk import GOOD, SECTOR, Vblk
from lib.wait import until

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-drive', 'if=none,id=inactive,driver=null-co,size=1M', '-device',
    'virtio-blk-pci,id=inactive-disk,disable-legacy=on,drive=inactive']}
SECONDS = 10


def prepare(vm):
    return Vblk(vm, 'inactive-disk')


def trigger(vm, disk):
    with Server(vm):
        add(vm, 'null-co', 'inactive-export', size=1 << 20)
        # who exports a disk to write on it does not give it up
        vm.command('block-export-add', type='nbd', id='inactive-export',
                   node_name='inactive-export', writable=True)
        if migrate(vm) != 'failed':
            raise Setup('the migration has not failed')
        if not until(lambda: vm.command('query-status')['running'], SECONDS):
            raise Setup('the machine does not go on')
        status = disk.write(bytes(SECTOR))
    remove(vm, 'inactive-export')
    return status == GOOD, f'status {status} of a write after the failed migration'


def load(vm, disk):
    round_trip(vm)
    disk.write(bytes(SECTOR))
