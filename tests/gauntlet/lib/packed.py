# SPDX-License-Identifier: GPL-2.0-or-later
"""Packed virtqueues (virtio 1.1, 2.7), as far as the tests need them: buffers for a device to
write."""
import struct

from lib.virtio import NEXT, WRITE
from lib.wait import until

RING_PACKED = 1 << 34
AVAILABLE, USED = 1 << 7, 1 << 15  # of a descriptor: each time around the ring the other value


class Packed:
    """Queue NUMBER of a device that has been negotiated, with SIZE descriptors."""

    def __init__(self, virtio, number, size):
        self.qtest, self.size = virtio.qtest, size
        self.ring = virtio.setup_queue(number, size).desc
        self.qtest.write(self.ring, bytes(16 * size))
        self.next, self.lap = 0, True

    def add(self, buffers):
        """A chain of (address, size): the place of its first descriptor. Chains may not go beyond
        the end of the ring."""
        first = self.next
        flags = WRITE | (AVAILABLE if self.lap else USED)
        for k in reversed(range(len(buffers))):  # the first one last: it makes the chain available
            self.qtest.write(self.ring + 16 * (first + k), struct.pack(
                '<QIHH', *buffers[k], first, flags | (NEXT if k < len(buffers) - 1 else 0)))
        self.next += len(buffers)
        if self.next == self.size:
            self.next, self.lap = 0, not self.lap
        return first

    def is_used(self, place, lap, seconds=0):
        """Has the device written the descriptor there, in that lap?"""
        flags, both = self.ring + 16 * place + 14, AVAILABLE | USED
        want = both if lap else 0
        return until(lambda: self.qtest.readw(flags) & both == want, seconds)
