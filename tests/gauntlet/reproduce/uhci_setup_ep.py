# SPDX-License-Identifier: GPL-2.0-or-later
"""A SETUP packet to another endpoint than 0, which USB does not have, hit an assertion. Now the
controller stops, as for any packet that there is not, and says so in its status."""
import struct

from lib.machine import Setup
from lib.uhci import PROCESS_ERROR, SETUP, Uhci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'piix3-usb-uhci,id=uhci',
                    '-device', 'usb-mouse,bus=uhci.0,port=1']}
PIIX3_UHCI = 0x8086, 0x7020
GET_DEVICE_DESCRIPTOR = struct.pack('<BBHHH', 0x80, 6, 0x0100, 0, 18)


def prepare(vm):
    return Uhci(vm, *PIIX3_UHCI)


def trigger(vm, uhci):
    with vm.qtest.lock:
        uhci.reset()
        status, _ = uhci.transfer([(SETUP, 1, 0, GET_DEVICE_DESCRIPTOR)])
    return bool(status & PROCESS_ERROR) and vm.answers(), f'SETUP to endpoint 1: status {status:#x}'


def load(vm, uhci):
    """Asks the mouse what it is."""
    with vm.qtest.lock:
        uhci.reset()
        descriptor = uhci.control(GET_DEVICE_DESCRIPTOR, 18)
    if not descriptor or descriptor[:2] != b'\x12\x01':
        raise Setup(f'the mouse describes itself as {descriptor}')
