# SPDX-License-Identifier: GPL-2.0-or-later
"""A file that has lost its name while it is open: before the fix its attributes are asked for by
that name, so that the guest gets ENOENT; afterwards by the open descriptor."""
import os

from lib import p9
from lib.p9 import P9, Refused

CONTENT = b'Attributes belong to the file, not to its name.\n'
OPEN, SPARE = 1, 2
MACHINE = p9.MACHINE


def open_doomed(client):
    client.export('doomed', CONTENT)
    client.walk(OPEN, 'doomed')
    client.open(OPEN)


def prepare(vm):
    client = P9(vm)
    client.export('kept', CONTENT)
    open_doomed(client)
    return client


def trigger(_vm, client):
    client.unlink('doomed')
    size = None
    try:
        size = client.size(OPEN)
        seen = f'{size} bytes of {len(CONTENT)}'
    except Refused as e:
        seen = os.strerror(e.errno)
    client.clunk(OPEN)
    open_doomed(client)
    return size == len(CONTENT), f'attributes of the open file: {seen}'


def load(_vm, client):
    client.browse('kept', CONTENT, SPARE)
