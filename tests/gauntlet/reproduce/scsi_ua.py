# SPDX-License-Identifier: GPL-2.0-or-later
"""Two commands that come together when a unit has just been reset: before the fix both are taken for
the one that is to be told so, and the second one fails without a reason. Now it is done."""
from lib.machine import Setup
from lib.scsi import CHECK_CONDITION, TEST_UNIT_READY, VirtioScsi

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-device', 'virtio-scsi-pci,id=ua,disable-legacy=on',
    '-blockdev', 'driver=null-co,node-name=ua-disk,read-zeroes=on',
    '-device', 'scsi-hd,bus=ua.0,drive=ua-disk']}
READY = bytes([TEST_UNIT_READY]).ljust(6, b'\0')


def prepare(vm):
    controller = VirtioScsi(vm, name='ua')
    controller.command(READY)
    return controller


def trigger(vm, controller):
    with vm.qtest.lock:
        controller.reset()
        first, second = controller.commands([READY, READY])
    if first.status != CHECK_CONDITION or not first.sense:
        raise Setup('no unit attention after the reset')
    return second.good(), f'the second command: status {second.status}, {len(second.sense)} bytes of sense'


def load(_vm, controller):
    if not all(answer.good() for answer in controller.commands([READY, READY])):
        raise Setup('the unit is not ready')
