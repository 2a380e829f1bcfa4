# SPDX-License-Identifier: GPL-2.0-or-later
"""The state of a virtio device is saved and loaded again. It is an incoming migration that loads
it in a coroutine; this goes by the other branch."""
from lib.blocks import add, qcow2_file, run_job
from lib.virtio import Virtio

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-device',
                                      'virtio-rng-pci,id=virtio-load,disable-legacy=on']}
DEVICE_ID = 0x1044
NODE = {'vmstate': 'virtio-load-state', 'devices': ['virtio-load-state']}


def prepare(vm):
    add(vm, 'qcow2', 'virtio-load-state', file=qcow2_file(vm, 'virtio-load-file', 1 << 20))
    device = Virtio(vm, DEVICE_ID, name='virtio-load')
    device.negotiate()
    device.setup_queue(0)
    device.start()


def load(vm, _state):
    run_job(vm, 'snapshot-save', tag='virtio-load', **NODE)
    run_job(vm, 'snapshot-load', tag='virtio-load', **NODE)
    run_job(vm, 'snapshot-delete', tag='virtio-load', devices=NODE['devices'])
