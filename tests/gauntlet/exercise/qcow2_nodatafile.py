# SPDX-License-Identifier: GPL-2.0-or-later
"""Images with and without a data file of their own are opened and closed. The new branch is for
opening without doing I/O, as qemu-img does it; QEMU itself goes by the old."""
from lib.blocks import add, file_node, qcow2_file, remove

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}


def prepare(vm):
    data = file_node(vm, 'nodatafile-data', 1 << 20)
    qcow2_file(vm, 'nodatafile-whole', 1 << 20)
    qcow2_file(vm, 'nodatafile-split', 1 << 20, data_file=data, data_file_raw=True)


def load(vm, _state):
    add(vm, 'qcow2', 'nodatafile', file='nodatafile-whole')
    remove(vm, 'nodatafile')
    add(vm, 'qcow2', 'nodatafile', file='nodatafile-split', data_file='nodatafile-data')
    remove(vm, 'nodatafile')
