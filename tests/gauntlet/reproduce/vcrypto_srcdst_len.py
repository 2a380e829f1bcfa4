# SPDX-License-Identifier: GPL-2.0-or-later
"""A cipher request whose destination is shorter than its source: before the fix as much as the
source has is written to the destination, over its end; afterwards the device wants to be reset.

The 4 bytes too many fall into what malloc() rounds the buffer up by: 80 bytes of QEMU's header, 16
of the initialization vector, 16 of the source and 12 of the destination take a chunk that has 136.
So an unpatched QEMU lives on and its answer tells on it."""
import time

from lib import vcrypto
from lib.machine import Setup
from lib.vcrypto import BLOCK, CIPHER, DATA, DEVICE_NEEDS_RESET, ENCRYPT, Crypto

MACHINE = vcrypto.MACHINE
SHORT = 12
SECONDS = 10


def prepare(vm):
    crypto = Crypto(vm)
    return crypto, crypto.create(ENCRYPT, b'k' * BLOCK)


def trigger(_vm, state):
    crypto, session = state
    head = crypto.operation(CIPHER, ENCRYPT, session, BLOCK, BLOCK, SHORT)
    crypto.add(DATA, [head, bytes(BLOCK), b's' * BLOCK, BLOCK, 1])
    crypto.kick(DATA)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        answer = crypto.used(DATA, 0.01)
        if answer:
            behind = answer[2][0][SHORT:]
            return False, f'processed, behind the {SHORT} bytes of the destination: {behind.hex()}'
        if crypto.status() & DEVICE_NEEDS_RESET:
            crypto.begin()
            return True, 'refused, the device needs a reset'
    raise Setup(f'virtio-crypto: neither answered nor refused within {SECONDS} s')


def load(_vm, state):
    state[0].round()
