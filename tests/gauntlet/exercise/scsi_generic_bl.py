# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk is asked for its limits over virtio-scsi. The changed function is called when a disk of
the host answers, passed through by scsi-generic; this one is QEMU's own."""
from lib.machine import Setup
from lib.scsi import INQUIRY, VirtioScsi

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64',
                    '-device', 'virtio-scsi-pci,id=limits,disable-legacy=on',
                    '-drive', 'if=none,id=limits-disk,driver=null-co,read-zeroes=on',
                    '-device', 'scsi-hd,bus=limits.0,drive=limits-disk']}
VITAL_DATA, LIMITS = 1, 0xb0
TOO_SHORT, WHOLE = 8, 64  # room for an answer


def prepare(vm):
    return VirtioScsi(vm, name='limits')


def load(_vm, scsi):
    for size in (TOO_SHORT, WHOLE):
        if not scsi.command([INQUIRY, VITAL_DATA, LIMITS, 0, size, 0], size=size).good():
            raise Setup('the disk does not tell its limits')
