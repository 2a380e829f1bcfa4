# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for virtio-blk (virtio 1.1, 5.2), as far as the tests need it: it writes."""
import struct

from lib.virtio import Virtio

DEVICE_ID = 0x1042
OUT, SECTOR = 1, 512
GOOD = 0


class Vblk(Virtio):
    """The device NAME, ready for requests."""

    def __init__(self, vm, name):
        super().__init__(vm, DEVICE_ID, name=name)
        self.begin()

    def begin(self):
        """After a reset, to a device that takes requests."""
        self.negotiate()
        self.setup_queue(0)
        self.start()

    def write(self, data):
        """To the beginning of the disk: the status."""
        return self.request(0, [struct.pack('<IIQ', OUT, 0, 0), data, 1])[1][0][0]
