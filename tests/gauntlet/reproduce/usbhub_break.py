# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that switches a port of a hub off (ClearPortFeature, PORT_POWER) was told that the hub
does not know that request."""
import struct

from lib.machine import Setup
from lib.uhci import Uhci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'ich9-usb-uhci1,id=hubs',
                    '-device', 'usb-hub,bus=hubs.0,port=1']}
ICH9_UHCI1 = 0x8086, 0x2934
SET_CONFIGURATION = struct.pack('<BBHHH', 0x00, 9, 1, 0, 0)
CLEAR_PORT_POWER = struct.pack('<BBHHH', 0x23, 1, 8, 1, 0)  # of port 1
GET_PORT_STATUS = struct.pack('<BBHHH', 0xa3, 0, 0, 1, 4)
GET_HUB_DESCRIPTOR = struct.pack('<BBHHH', 0xa0, 6, 0x2900, 0, 9)


def prepare(vm):
    return Uhci(vm, *ICH9_UHCI1)


def configure(hub):
    hub.reset()
    if hub.control(SET_CONFIGURATION) is None:
        raise Setup('the hub does not take its configuration')


def trigger(vm, hub):
    with vm.qtest.lock:
        configure(hub)
        done = hub.control(CLEAR_PORT_POWER) is not None
    return done, f"ClearPortFeature PORT_POWER: {'done' if done else 'stalled'}"


def load(vm, hub):
    """Asks the hub about itself and about a port."""
    with vm.qtest.lock:
        configure(hub)
        for request, size in ((GET_HUB_DESCRIPTOR, 9), (GET_PORT_STATUS, 4)):
            if not hub.control(request, size):
                raise Setup('the hub does not answer')
