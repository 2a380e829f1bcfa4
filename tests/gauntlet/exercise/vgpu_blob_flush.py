# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture is made on virtio-gpu, shown and redrawn. The new branch is for blob resources,
which QEMU has only where the host has /dev/udmabuf."""
import struct

from lib.machine import Setup
from lib.virtio import Virtio

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'virtio-gpu-pci,id=blob-flush']}
DEVICE_ID = 0x1050
CREATE, UNREF, SET_SCANOUT, FLUSH, TRANSFER, ATTACH = 0x101, 0x102, 0x103, 0x104, 0x105, 0x106
NO_DATA = 0x1100  # the answer of a command that has none
FORMAT, WIDTH, HEIGHT = 2, 64, 32
HEADER = 24
PICTURE = 1
RECTANGLE = struct.pack('<4I', 0, 0, WIDTH, HEIGHT)


def prepare(vm):
    gpu = Virtio(vm, DEVICE_ID, name='blob-flush')
    gpu.negotiate()
    gpu.setup_queue(0)
    gpu.start()
    return gpu, vm.alloc(4 * WIDTH * HEIGHT)


def command(gpu, kind, data):
    answer = gpu.request(0, [struct.pack('<I20x', kind) + data, HEADER])[1][0]
    if struct.unpack_from('<I', answer)[0] != NO_DATA:
        raise Setup(f'virtio-gpu: command {kind:#x} is answered by {answer[:4].hex()}')


def load(_vm, state):
    gpu, memory = state
    command(gpu, CREATE, struct.pack('<4I', PICTURE, FORMAT, WIDTH, HEIGHT))
    command(gpu, ATTACH, struct.pack('<IIQI4x', PICTURE, 1, memory, 4 * WIDTH * HEIGHT))
    command(gpu, SET_SCANOUT, RECTANGLE + struct.pack('<II', 0, PICTURE))
    command(gpu, TRANSFER, RECTANGLE + struct.pack('<QI4x', 0, PICTURE))
    command(gpu, FLUSH, RECTANGLE + struct.pack('<I4x', PICTURE))
    command(gpu, UNREF, struct.pack('<I4x', PICTURE))
