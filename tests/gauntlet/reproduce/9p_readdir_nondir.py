# SPDX-License-Identifier: GPL-2.0-or-later
"""Treaddir on an open file that is no folder: before the fix its descriptor is taken for the
address of a folder's stream and QEMU crashes; afterwards the guest gets ENOTDIR."""
import errno
import os

from lib import p9
from lib.p9 import P9, Refused

CONTENT = b'There are no names in here.\n'
OPEN, SPARE = 1, 2
MACHINE = p9.MACHINE


def prepare(vm):
    client = P9(vm)
    client.export('file', CONTENT)
    client.walk(OPEN, 'file')
    client.open(OPEN)
    return client


def trigger(_vm, client):
    try:
        names = client.list(OPEN)
    except Refused as e:
        return e.errno == errno.ENOTDIR, f'a file read as a folder: {os.strerror(e.errno)}'
    return False, f'a file read as a folder: {names}'


def load(_vm, client):
    client.browse('file', CONTENT, SPARE)
