# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest sleeps and wakes up while its instructions are counted and its clock follows the
host's: the firmware, which finds nothing to start and waits for ever."""
from lib.machine import Setup

MACHINE = {'accel': 'tcg', 'args': ['-M', 'pc', '-m', '64', '-icount', 'shift=auto,sleep=on']}


def prepare(_vm):
    return None


def load(vm, _state):
    if not vm.command('query-status')['running']:
        raise Setup('the guest does not run')
