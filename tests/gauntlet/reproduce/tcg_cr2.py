# SPDX-License-Identifier: GPL-2.0-or-later
"""An access to an address that is not canonical is a protection fault, which leaves CR2 alone. An
emulated processor wrote the address there, as for a page fault."""
from lib import firmware
from lib.machine import Setup

MACHINE = {'accel': 'tcg', 'args': ['-M', 'pc', '-m', '64', *firmware.args('cr2')]}
NOT_CANONICAL, CANONICAL = b'c', b'o'
PROTECTION, PAGE = b'G', b'P'  # faults with the right CR2


def prepare(vm):
    return firmware.Guest(vm)


def trigger(_vm, guest):
    answer = guest.order(NOT_CANONICAL)
    if answer.upper() != PROTECTION:
        raise Setup(f'the guest answers {answer!r}')
    kept = answer == PROTECTION
    return kept, f'CR2 is {"as before" if kept else "another"} after a protection fault'


def load(_vm, guest):
    if guest.order(CANONICAL) != PAGE:
        raise Setup('not the page fault that it has to be')
