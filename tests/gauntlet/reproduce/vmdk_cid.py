# SPDX-License-Identifier: GPL-2.0-or-later
"""The first write to a VMDK image gives it a new content id, which stands in its descriptor. Of a
descriptor of more than 10 KiB only those were read and put back, their last byte as NUL."""
from lib.blocks import add, file_node, path_of, qemu_io, remove

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}
CUT = 20 * 512  # what was taken for the longest descriptor
SECTORS = 2048
HEADER = f"""# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="monolithicFlat"
RW {SECTORS} FLAT "vmdk-cid-flat" 0
ddb.adapterType = "ide"
"""


def descriptor(vm, name, size):
    """A descriptor of SIZE bytes, the rest of which is comments."""
    lines = (size - len(HEADER)) // 64
    text = HEADER + ('#' * 63 + '\n') * lines
    text += '#' * (size - len(text) - 1) + '\n'
    with open(path_of(vm, name), 'w', encoding='ascii') as f:
        f.write(text)


def prepare(vm):
    file_node(vm, 'vmdk-cid-flat', 512 * SECTORS)
    remove(vm, 'vmdk-cid-flat')
    descriptor(vm, 'vmdk-cid-short', 512)


def write_first(vm, name):
    add(vm, 'vmdk', 'vmdk-cid', file={'driver': 'file', 'filename': path_of(vm, name)})
    qemu_io(vm, 'vmdk-cid', 'write 0 512')
    remove(vm, 'vmdk-cid')
    with open(path_of(vm, name), 'rb') as f:
        return f.read()


def trigger(vm, _state):
    descriptor(vm, 'vmdk-cid-long', CUT + 2000)
    text = write_first(vm, 'vmdk-cid-long')
    bad = text.rstrip(b'\0').find(b'\0')  # the file's last sector is filled up with them
    return bad < 0, 'the descriptor is whole' if bad < 0 else f'byte {bad} of the descriptor is NUL'


def load(vm, _state):
    write_first(vm, 'vmdk-cid-short')
