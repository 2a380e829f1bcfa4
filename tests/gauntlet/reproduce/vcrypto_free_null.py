# SPDX-License-Identifier: GPL-2.0-or-later
"""A request for an operation that the device does not have: before the fix QEMU crashes when it
frees the request, which got no data of an operation; afterwards the answer says "not supported"."""
from lib import vcrypto
from lib.vcrypto import DATA, ENCRYPT, NONE, NOTSUPP, Crypto

MACHINE = vcrypto.MACHINE


def prepare(vm):
    return Crypto(vm)


def trigger(_vm, crypto):
    status = crypto.request(DATA, [crypto.operation(NONE, ENCRYPT, 0), 1])[1][0][0]
    return status == NOTSUPP, f'answered with status {status}'


def load(_vm, crypto):
    crypto.round()
