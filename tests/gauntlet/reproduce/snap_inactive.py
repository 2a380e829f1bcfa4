# SPDX-License-Identifier: GPL-2.0-or-later
"""While a machine waits for a migration to come in, the other side owns its disks. A snapshot then
hit an assertion as soon as it wrote to the disk. Now it is refused, because the disk can't be
written to."""
import os
import struct

from lib.machine import Setup
from lib.wait import until

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-incoming', 'defer']}
CLUSTER_BITS, CLUSTER, DISK = 16, 1 << 16, 1 << 20
REFUSAL = 'does not support snapshots'


def make_disk(path):
    """An empty qcow2 disk of version 2: header, refcount table, refcount block, L1 table, each in a
    cluster of its own."""
    table, block, l1 = CLUSTER, 2 * CLUSTER, 3 * CLUSTER
    header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', 2, 0, 0, CLUSTER_BITS, DISK, 0, 1, l1,
                         table, 1, 0, 0)
    with open(path, 'wb') as f:
        for at, data in ((0, header), (table, struct.pack('>Q', block)),
                         (block, struct.pack('>4H', 1, 1, 1, 1))):
            f.seek(at)
            f.write(data)
        f.truncate(4 * CLUSTER)


def prepare(vm):
    path = os.path.join(vm.dir, 'snap.qcow2')
    make_disk(path)
    vm.command('blockdev-add', driver='qcow2', node_name='snap-disk',
               file={'driver': 'file', 'filename': path})


def trigger(vm, _):
    vm.command('snapshot-save', job_id='snap-job', tag='now', vmstate='snap-disk',
               devices=['snap-disk'])
    job = until(lambda: next((job for job in vm.command('query-jobs')
                              if job['id'] == 'snap-job' and job['status'] == 'concluded'), None))
    if not job:
        raise TimeoutError('the snapshot does not end')
    vm.command('job-dismiss', id='snap-job')
    error = job.get('error', '')
    if REFUSAL not in error:
        raise Setup(f"the snapshot ended with '{error}'")
    return vm.answers(), f'snapshot-save: {error}'


def load(vm, _):
    """Asks for the snapshots that there are: which disks can have some?"""
    vm.hmp('info snapshots')
