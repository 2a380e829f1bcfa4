# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that is not up yet does not see that a device is to be unplugged. A second request, made
when it is up, was refused for ever, as the first one was still pending."""
import itertools

from lib.machine import Setup

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64']}
PORTS, DOWN, EJECT, SELECT = 0xae00, 0x04, 0x08, 0x10  # QEMU's docs/specs/acpi_pci_hotplug
ROOT_BUS = 0
MILLISECOND = 1000000
NUMBERS = itertools.count()  # ids of devices that are new each time


def plug(vm):
    name = f'hotplug-{next(NUMBERS)}'
    vm.command('device_add', driver='virtio-rng-pci', id=name)
    return name


def eject(vm):
    """What the guest's ACPI code does when it is told; how many devices it let go."""
    with vm.qtest.lock:
        vm.qtest.outl(PORTS + SELECT, ROOT_BUS)
        slots = vm.qtest.inl(PORTS + DOWN)
        for slot in range(32):
            if slots >> slot & 1:
                vm.qtest.outl(PORTS + EJECT, 1 << slot)
    return slots.bit_count()


def prepare(vm):
    vm.qtest.step(MILLISECOND)  # a time limit at 0, where the clock starts, would be none


def trigger(vm, _):
    with vm.qtest.lock:
        name = plug(vm)
        vm.command('device_del', id=name)
        again = vm.ask('device_del', {'id': name})
        eject(vm)
    if 'error' in again:
        return False, f"the second request: {again['error']['desc']}"
    return vm.answers(), 'the second request is taken'


def load(vm, _):
    """A device is plugged; one request, and the guest lets it go."""
    with vm.qtest.lock:
        vm.command('device_del', id=plug(vm))
        if not eject(vm):
            raise Setup('the guest is not told of the request')
