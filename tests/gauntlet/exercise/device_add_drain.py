# SPDX-License-Identifier: GPL-2.0-or-later
"""A device is plugged and unplugged, and one that can't be plugged is refused."""
from lib.machine import Setup

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-device', 'qemu-xhci,id=add-drain']}


def prepare(_vm):
    return None


def load(vm, _state):
    vm.command('device_add', driver='usb-kbd', bus='add-drain.0', id='add-drain-keys')
    vm.command('device_del', id='add-drain-keys')
    if 'error' not in vm.ask('device_add', {'driver': 'usb-storage', 'bus': 'add-drain.0'}):
        raise Setup('a disk without a drive was plugged')
