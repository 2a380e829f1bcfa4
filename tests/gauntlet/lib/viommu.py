# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for virtio-iommu (virtio 1.2, 5.13), as far as the tests need it. The endpoint that it
maps for is a test device, which never does DMA: all others keep their way around the IOMMU."""
import struct

from lib.machine import Setup
from lib.pci import named
from lib.virtio import Virtio

DEVICE_ID = 0x1057
REQUESTS, EVENTS = 0, 1  # queues
ATTACH, DETACH, MAP, UNMAP, PROBE = 1, 2, 3, 4, 5
UNKNOWN = 0xff           # a request that is none of these
OK, UNSUPP = 0, 2
TAIL = 4                 # status[1] reserved[3]
FEATURES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 4  # ranges, MAP and UNMAP, PROBE
PROBE_SIZE = 32          # where it is in the device's configuration
READ_WRITE = 3
MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-device', 'virtio-iommu-pci,id=viommu',
    '-device', 'pci-testdev,id=endpoint']}


class Iommu(Virtio):
    """The device of MACHINE, ready for requests."""

    def __init__(self, vm):
        super().__init__(vm, DEVICE_ID, name='viommu')
        self.negotiate(FEATURES)
        self.setup_queue(REQUESTS)
        self.setup_queue(EVENTS)
        self.start()
        self.endpoint = named(vm, 'endpoint')
        self.probe_size = self.qtest.readl(self.device + PROBE_SIZE)

    @staticmethod
    def head(kind, form='', *values):
        return struct.pack('<B3x' + form, kind, *values)

    def probe_head(self):
        return self.head(PROBE, 'I64x', self.endpoint)

    def call(self, request, room=0):
        """Ends a request that has to succeed; ROOM: bytes of the answer before its end."""
        length, written = self.request(REQUESTS, [request, room + TAIL])
        if length != room + TAIL or written[0][room] != OK:
            raise Setup(f'virtio-iommu: request {request[0]} is answered by {length} bytes, '
                        f'status {written[0][room]}')

    def round(self, domain):
        """Ordinary use: what the endpoint is like, a domain with a page for it, and its end."""
        self.call(self.probe_head(), self.probe_size)
        self.call(self.head(ATTACH, '3I4x', domain, self.endpoint, 0))
        self.call(self.head(MAP, 'I3QI', domain, 0x1000, 0x1fff, 0x100000, READ_WRITE))
        self.call(self.head(UNMAP, 'I2Q4x', domain, 0x1000, 0x1fff))
        self.call(self.head(DETACH, '2I8x', domain, self.endpoint))
