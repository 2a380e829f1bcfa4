# SPDX-License-Identifier: GPL-2.0-or-later
"""What system management mode leaves in the state that it restores are debug registers that take
effect. Those of an emulated processor did not: a breakpoint that was switched on there was never
met."""
from lib import firmware
from lib.machine import Setup

MACHINE = {'accel': 'tcg', 'args': ['-M', 'pc', '-m', '64', *firmware.args('smm')]}
BREAKPOINT, ORDINARY = b'b', b'o'
MET, NOT_MET = b'D', b'N'


def prepare(vm):
    return firmware.Guest(vm)


def trigger(_vm, guest):
    met = guest.order(BREAKPOINT) == MET
    return met, f'the breakpoint was {"" if met else "not "}met'


def load(_vm, guest):
    if guest.order(ORDINARY) != NOT_MET:
        raise Setup('a breakpoint was met that nobody has switched on')
