# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that has its drive to itself is plugged and unplugged."""
from lib.machine import Setup
from lib.wait import until

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'virtio-scsi-pci,id=auto-del']}
SECONDS = 10


def prepare(_vm):
    return None


def load(vm, _state):
    vm.hmp('drive_add 0 if=none,id=auto-del-drive,driver=null-co,size=1M')
    vm.command('device_add', driver='scsi-hd', bus='auto-del.0', drive='auto-del-drive',
               id='auto-del-disk')
    vm.command('device_del', id='auto-del-disk')
    # it goes when the disk is freed
    if not until(lambda: 'auto-del-drive' not in vm.hmp('info block'), SECONDS):
        raise Setup(f'the drive of the unplugged disk is there after {SECONDS} s')
