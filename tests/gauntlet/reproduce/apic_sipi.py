# SPDX-License-Identifier: GPL-2.0-or-later
"""A processor in system management mode does not listen to a start-up interrupt. An emulated one
left that mode for it, with all the rights that it has there."""
from lib import firmware
from lib.machine import Setup

MACHINE = {'accel': 'tcg', 'args': ['-M', 'pc', '-m', '64', '-smp', '2', *firmware.args('sipi')]}
IN_SMM, ORDINARY = b's', b'o'
AS_IT_HAS_TO = b'N'


def prepare(vm):
    return firmware.Guest(vm)


def trigger(_vm, guest):
    stayed = guest.order(IN_SMM) == AS_IT_HAS_TO
    return stayed, f'the processor {"stays in" if stayed else "leaves"} system management mode'


def load(_vm, guest):
    """The second processor is started and interrupted."""
    if guest.order(ORDINARY) != AS_IT_HAS_TO:
        raise Setup('the second processor does not start')
