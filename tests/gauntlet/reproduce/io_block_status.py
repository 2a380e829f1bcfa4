# SPDX-License-Identifier: GPL-2.0-or-later
"""Backing up an image through snapshot-access and copy-before-write hits an assertion when the
image says "look into my file, too" of clusters that its file has as zeroes: the flag comes back
with the answer, together with "zero". With the fix the backup ends."""
from lib.blocks import add, qcow2_file, run_job

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}


def prepare(vm):
    add(vm, 'null-co', 'status-target', size=1 << 20)
    # only clusters that were allocated before anything was written have the flag
    for name, allocate in (('status-plain', 'off'), ('status-flag', 'metadata')):
        file = qcow2_file(vm, name + '-file', 1 << 20, preallocation=allocate)
        add(vm, 'qcow2', name, file=file)
    add(vm, 'null-co', 'status-old', size=1 << 20)
    add(vm, 'copy-before-write', 'status-filter', file='status-flag', target='status-old')
    add(vm, 'snapshot-access', 'status-snapshot', file='status-filter')


def backup(vm, node):
    run_job(vm, 'blockdev-backup', device=node, target='status-target', sync='full',
            auto_dismiss=False)


def trigger(vm, _state):
    backup(vm, 'status-snapshot')
    return True, 'the backup ended'


def load(vm, _state):
    backup(vm, 'status-plain')
