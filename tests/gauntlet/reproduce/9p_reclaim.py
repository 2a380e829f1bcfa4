# SPDX-License-Identifier: GPL-2.0-or-later
"""When too many files are open, the server closes those that were not used for long. Before the fix
it closes them one by one in the name of the request that came last, and when the guest cancels that
request, none is closed, although they count as closed: the descriptors are lost. Afterwards they are
closed in one go, whatever becomes of the request."""
import os
import struct

from lib import p9
from lib.machine import Setup
from lib.p9 import HEADER, MSIZE, P9, string

OPEN_FILES = 600       # that QEMU may have
TOO_MANY = OPEN_FILES - OPEN_FILES // 3  # from here on it closes files, OPEN_FILES // 2 at once
TLCREATE, TFLUSH = 14, 108
SPARE, FIRST = 1, 2    # fids
CONTENT = b'one of many\n'
MACHINE = {**p9.MACHINE, 'open_files': OPEN_FILES}


def prepare(vm):
    client = P9(vm)
    client.export('many', CONTENT)
    return client


def descriptors(vm):
    return len(os.listdir(f'/proc/{vm.pid}/fd'))


def create_and_cancel(client, fid):
    """Tlcreate in the folder FID and the Tflush that cancels it, in one notification: the file is
    being created then, nothing of the request asks any more whether it is cancelled."""
    tag = 7
    create = struct.pack('<I', fid) + string('late') + struct.pack('<III', os.O_RDWR, 0o600, 0)
    for kind, body, own_tag in ((TLCREATE, create, tag),
                                (TFLUSH, struct.pack('<H', tag), tag + 1)):
        client.add(0, [HEADER.pack(HEADER.size + len(body), kind, own_tag) + body, MSIZE])
    client.kick(0)
    if not client.used(0) or not client.used(0):
        raise Setup('9p: no answer to Tlcreate and Tflush')


def trigger(vm, client):
    with vm.qtest.lock:
        fids = range(FIRST, FIRST + TOO_MANY + 1)
        for fid in fids:  # the last one finds all others in use, and marks them
            client.walk(fid, 'many')
            client.open(fid)
        client.walk(fids[-1] + 1)
        before = descriptors(vm)
        create_and_cancel(client, fids[-1] + 1)
        after = descriptors(vm)
        for fid in (*fids, fids[-1] + 1):
            client.clunk(fid)
        left = descriptors(vm)
    return after < before - TOO_MANY // 4, \
        f'{before} descriptors before the request, {after} after it, {left} when all files are closed'


def load(_vm, client):
    client.browse('many', CONTENT, SPARE)
