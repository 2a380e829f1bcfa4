# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtio device starts and ends its work with its interrupt line disabled. The changed
function is called when vhost works for a device, which this QEMU is built without."""
from lib.pci import COMMAND
from lib.vblk import Vblk

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-drive',
                                      'if=none,id=intx,driver=null-co,size=1M', '-device',
                                      'virtio-blk-pci,id=intx-disk,disable-legacy=on,drive=intx']}
INTX_DISABLE = 1 << 10


def prepare(vm):
    return Vblk(vm, 'intx-disk')


def load(_vm, disk):
    for value in (INTX_DISABLE, 0):
        disk.pci.cfg_writew(COMMAND, disk.pci.cfg_readw(COMMAND) & ~INTX_DISABLE | value)
        disk.reset()
        disk.begin()
