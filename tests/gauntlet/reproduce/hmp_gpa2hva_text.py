# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor says why it can't tell the host's address of the guest's IOAPIC registers.

Before the fix the address and the next word run into each other; with it there is a blank."""
from lib.machine import Setup

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64']}

IOAPIC, RAM = 0xfec00000, 0x1000


def prepare(_):
    return None


def load(vm, _):
    said = vm.hmp(f'gpa2hva {RAM:#x}')
    if 'Host virtual address' not in said:
        raise Setup(f'gpa2hva: {said.strip()}')


def trigger(vm, _):
    said = vm.hmp(f'gpa2hva {IOAPIC:#x}').strip()
    if not said.endswith('is not RAM'):
        raise Setup(f'gpa2hva: {said}')
    return f'{IOAPIC:#x} is not RAM' in said, said
