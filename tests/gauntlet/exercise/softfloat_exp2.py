# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated guest runs its firmware. No instruction of x86 calls the changed function."""
from lib.machine import Setup

MACHINE = {'accel': 'tcg', 'args': ['-M', 'pc', '-m', '64']}


def prepare(_vm):
    return None


def load(vm, _state):
    if not vm.command('query-status')['running']:
        raise Setup('the guest does not run')
