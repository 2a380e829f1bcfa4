# SPDX-License-Identifier: GPL-2.0-or-later
"""The card's address, as its USB descriptors have it in letters, began with 40 whatever the address
is. A card that is plugged after the fix tells its own."""
import struct

from lib import hotplug
from lib.machine import Setup
from lib.uhci import Uhci

PIIX3_UHCI = 0x8086, 0x7020
FIRST, SECOND = '02:11:22:33:44:55', '02:66:77:88:99:aa'
MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-device', 'piix3-usb-uhci,id=usbnet-hc',
    '-device', f'usb-net,bus=usbnet-hc.0,port=1,mac={FIRST}']}
ADDRESS_STRING, ENGLISH = 3, 0x409


def read_address(vm, port):
    """What the card on PORT says that its address is."""
    request = struct.pack('<BBHHH', 0x80, 6, 3 << 8 | ADDRESS_STRING, ENGLISH, 26)
    with vm.qtest.lock:
        controller = Uhci(vm, *PIIX3_UHCI, port, 'usbnet-hc')
        controller.reset()
        data = controller.control(request, 26)
    if not data or data[:2] != b'\x1a\x03':
        raise Setup(f'no string descriptor: {data}')
    return data[2:].decode('utf-16-le')


def says(vm, port, address):
    text = read_address(vm, port)
    return text == address.replace(':', ''), f"the card with the address {address} says '{text}'"


def prepare(_vm):
    return None


def trigger(vm, _):
    hotplug.plug(vm, 'usb-net', 'usbnet-late', bus='usbnet-hc.0', port='2', mac=SECOND)
    got = says(vm, 1, SECOND)
    vm.command('device_del', id='usbnet-late')
    return got


def load(vm, _):
    read_address(vm, 0)
