# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory is plugged and unplugged through virtio-mem, and looked at by a dump and a migration,
which leave out what is unplugged."""
import struct

from lib.machine import Setup
from lib.migrate import round_trip
from lib.virtio import Virtio

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64,maxmem=512M',
                    '-object', 'memory-backend-ram,id=vmem,size=64M',
                    '-device', 'virtio-mem-pci,id=vmem-device,memdev=vmem,requested-size=64M']}
DEVICE_ID = 0x1058
BLOCK_SIZE, ADDRESS = 0, 16  # in the configuration
PLUG, UNPLUG = 0, 1
ACK = 0


def prepare(vm):
    device = Virtio(vm, DEVICE_ID, name='vmem-device')
    device.negotiate()
    device.setup_queue(0)
    device.start()
    return device


def change(device, kind, first, count):
    """Plugs or unplugs COUNT blocks from the FIRST on."""
    size = device.qtest.readq(device.device + BLOCK_SIZE)
    at = device.qtest.readq(device.device + ADDRESS) + first * size
    answer = device.request(0, [struct.pack('<H6xQH6x', kind, at, count), 10])[1][0]
    if struct.unpack_from('<H', answer)[0] != ACK:
        raise Setup(f'virtio-mem: request {kind} is answered by {answer[:2].hex()}')


def load(vm, device):
    change(device, PLUG, 1, 3)
    vm.command('dump-guest-memory', paging=False, protocol='file:/dev/null')
    round_trip(vm)
    change(device, UNPLUG, 1, 3)
