# SPDX-License-Identifier: GPL-2.0-or-later
"""An overlay is written and committed into its base, and so is asked of a drive without a
medium."""
from lib.blocks import create, path_of, qcow2_file, qemu_io, remove

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none', '-drive', 'if=none,id=nomedium,media=cdrom']}


def prepare(vm):
    qcow2_file(vm, 'commit-base', 1 << 20)
    remove(vm, 'commit-base')
    qcow2_file(vm, 'commit-top', 1 << 20, backing_fmt='qcow2',
               backing_file=path_of(vm, 'commit-base'))
    remove(vm, 'commit-top')
    vm.hmp(f"drive_add 0 if=none,id=commit,format=qcow2,file={path_of(vm, 'commit-top')}")


def load(vm, _state):
    qemu_io(vm, 'commit', 'write -P 1 0 64k')
    vm.hmp('commit commit')
    vm.hmp('commit nomedium')
