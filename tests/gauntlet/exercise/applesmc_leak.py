# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine is reset; what a reset leaked is too little to be seen from outside, below 300
bytes."""
from lib.reset import system_reset

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'isa-applesmc,osk=' + 64 * 'x']}


def prepare(_vm):
    return None


def load(vm, _state):
    system_reset(vm)
