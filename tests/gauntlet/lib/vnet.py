# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for virtio-net (virtio 1.1, 5.1), as far as the tests need it: it receives."""
import struct

from lib.machine import Setup
from lib.virtio import Virtio

DEVICE_ID = 0x1041
RECEIVE, TRANSMIT, CONTROL = 0, 1, 2  # queues
CTRL_VQ, MQ, RING_RESET, RSS = 1 << 17, 1 << 22, 1 << 40, 1 << 60  # features
CLASS_MQ, MQ_RSS = 4, 1
HASH_IPV4 = 1
HEADER = 12  # before each frame
ROOM = 2048
SECONDS = 5


class Vnet(Virtio):
    """The device NAME, reset."""

    def __init__(self, vm, name):
        super().__init__(vm, DEVICE_ID, name=name)

    def begin(self, features):
        """To a device that receives and takes commands."""
        features |= CTRL_VQ
        if self.negotiate(features) & features != features:
            raise Setup(f'virtio-net: the features {features:#x} are not offered')
        for number in (RECEIVE, TRANSMIT, CONTROL):
            self.setup_queue(number)
        self.start()

    def command(self, kind, command, data):
        if self.request(CONTROL, [bytes([kind, command]), data, 1])[1][0] != b'\0':
            raise Setup(f'virtio-net: command {kind}.{command} is refused')

    def steer(self, queue):
        """Each IPv4 packet goes to QUEUE, by an RSS table of one line."""
        key = bytes(range(40))
        table = struct.pack('<IHHHHB', HASH_IPV4, 0, 0, queue, 1, len(key)) + key
        self.command(CLASS_MQ, MQ_RSS, table)

    def receive(self, wire, frame):
        """What the guest gets of FRAME, sent by the host; None when it gets nothing."""
        self.add(RECEIVE, [ROOM])
        self.kick(RECEIVE)
        wire.send(frame)
        got = self.used(RECEIVE, SECONDS)
        return got and got[2][0][HEADER:got[1]]
