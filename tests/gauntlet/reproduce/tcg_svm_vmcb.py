# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated guest gives SVM addresses that are not at the start of a page.

A processor answers with #GP. Before the fix the emulated one takes them: VM_HSAVE_PA, VMRUN, VMLOAD
and VMSAVE. With it each of them faults."""
import threading

from lib import firmware
from lib.machine import Setup

MACHINE = {'accel': 'tcg', 'args': ['-M', 'pc', '-m', '64', '-cpu', 'max', *firmware.args('svm')]}

ORDERS = {b'w': 'VM_HSAVE_PA', b'r': 'VMRUN', b'l': 'VMLOAD', b's': 'VMSAVE'}
ORDINARY, FAULT, NONE = b'o', b'G', b'N'


def prepare(vm):
    guest = firmware.Guest(vm)
    guest.lock = threading.Lock()
    ordinary(guest)
    return guest


def ordinary(guest):
    answer = guest.order(ORDINARY)
    if answer != NONE:
        raise Setup(f'right addresses: the guest answers {answer!r}')


def load(_, guest):
    with guest.lock:
        ordinary(guest)


def trigger(_, guest):
    with guest.lock:
        answers = {name: guest.order(order) for order, name in ORDERS.items()}
    if set(answers.values()) - {FAULT, NONE}:
        raise Setup(f'the guest answers {answers}')
    taken = [name for name, answer in answers.items() if answer == NONE]
    if taken:
        return False, f"no fault: {', '.join(taken)}"
    return True, f"#GP: {', '.join(answers)}"
