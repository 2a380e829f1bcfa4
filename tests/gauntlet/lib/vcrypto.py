# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for virtio-crypto (virtio 1.2, 5.9) with QEMU's own backend, as far as the tests need
it: AES-128 in CBC mode."""
import struct

from lib.machine import Setup
from lib.virtio import Virtio

DEVICE_ID = 0x1054
DATA, CONTROL = 0, 1  # queues
CREATE_CIPHER, DESTROY_CIPHER = 2, 3
ENCRYPT, DECRYPT = 0, 1  # opcodes; a session's direction is one more
AES_CBC = 3
NONE, CIPHER = 0, 1  # kinds of symmetric operations
OK, NOTSUPP = 0, 3
BLOCK = 16
DEVICE_NEEDS_RESET = 0x40
MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-object', 'cryptodev-backend-builtin,id=crypto',
    '-device', 'virtio-crypto-pci,id=vcrypto,cryptodev=crypto']}


class Crypto(Virtio):
    """The device of MACHINE, ready for requests."""

    def __init__(self, vm):
        super().__init__(vm, DEVICE_ID, name='vcrypto')
        self.begin()

    def begin(self):
        """From a reset device to one that takes requests."""
        self.reset()
        self.negotiate()
        self.setup_queue(DATA)
        self.setup_queue(CONTROL)
        self.start()

    def create(self, direction, key):
        """A session's number."""
        request = struct.pack('<4I', CREATE_CIPHER, AES_CBC, 0, DATA) + \
            struct.pack('<4I', AES_CBC, len(key), direction + 1, 0).ljust(48, b'\0') + \
            struct.pack('<2I', CIPHER, 0)
        session, status = struct.unpack('<QI4x', self.request(CONTROL, [request, key, 16])[1][0])
        if status != OK:
            raise Setup(f'virtio-crypto: no session, status {status}')
        return session

    def destroy(self, session):
        request = struct.pack('<4I', DESTROY_CIPHER, 0, 0, 0) + \
            struct.pack('<Q', session).ljust(56, b'\0')
        status = self.request(CONTROL, [request, 1])[1][0][0]
        if status != OK:
            raise Setup(f'virtio-crypto: session {session} is not destroyed, status {status}')

    @staticmethod
    def operation(kind, direction, session, iv=0, source=0, destination=0):
        """The head of a request to the data queue: KIND is CIPHER, the rest are lengths."""
        return struct.pack('<IIQII', direction, AES_CBC, session, 0, 0) + \
            struct.pack('<4I', iv, source, destination, 0).ljust(40, b'\0') + \
            struct.pack('<2I', kind, 0)

    def crypt(self, direction, session, iv, data):
        """The other form of DATA."""
        head = self.operation(CIPHER, direction, session, len(iv), len(data), len(data))
        got, status = self.request(DATA, [head, iv, data, len(data), 1])[1]
        if status[0] != OK:
            raise Setup(f'virtio-crypto: an operation ended with status {status[0]}')
        return got

    def round(self):
        """Ordinary use: a text goes in and out again."""
        key, iv, text = b'k' * BLOCK, b'i' * BLOCK, bytes(range(4 * BLOCK))
        hidden = shown = text
        for direction in (ENCRYPT, DECRYPT):
            session = self.create(direction, key)
            hidden, shown = shown, self.crypt(direction, session, iv, shown)
            self.destroy(session)
        if shown != text or hidden == text:
            raise Setup('virtio-crypto: what was encrypted is not decrypted')
