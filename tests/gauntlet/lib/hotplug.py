# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI devices that come and go while QEMU runs, with what a guest's ACPI code does then (QEMU's
docs/specs/acpi_pci_hotplug)."""
from lib.machine import Setup
from lib.pci import named

PORTS, EJECT, SELECT = 0xae00, 0x08, 0x10  # of machine type pc
ROOT_BUS = 0


def plug(vm, driver, name, **properties):
    answer = vm.ask('device_add', {'driver': driver, 'id': name, **properties})
    if 'error' in answer:
        raise Setup(f"QMP: 'device_add': {answer['error']['desc']}")


def unplug(vm, name):
    """Asked for by QMP, done by the guest."""
    slot = named(vm, name) >> 3
    with vm.qtest.lock:
        vm.command('device_del', id=name)
        vm.qtest.outl(PORTS + SELECT, ROOT_BUS)
        vm.qtest.outl(PORTS + EJECT, 1 << slot)
