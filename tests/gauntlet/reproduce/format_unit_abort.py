# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk knows the command FORMAT UNIT and takes its parameter list, but did not know what to do
with it: QEMU aborted. Now the command does nothing and is done."""
from lib.scsi import FORMAT_UNIT, MODE_SELECT, TEST_UNIT_READY, VirtioScsi

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'virtio-scsi-pci,id=fmt,disable-legacy=on',
                    '-blockdev', 'driver=null-co,node-name=fmt-disk,read-zeroes=on',
                    '-device', 'scsi-hd,bus=fmt.0,drive=fmt-disk']}
FMTDATA = 0x10      # in byte 1: a parameter list follows
PAGE_FORMAT = 0x10  # in byte 1 of MODE SELECT


def prepare(vm):
    scsi = VirtioScsi(vm)
    scsi.command([TEST_UNIT_READY] + 5 * [0])  # takes the unit attention of the start
    return scsi


def trigger(vm, scsi):
    answer = scsi.command([FORMAT_UNIT, FMTDATA, 0, 0, 0, 0], out=bytes(4))
    return answer.good() and vm.answers(), f'FORMAT UNIT ends with the status {answer.status}'


def load(_, scsi):
    """A command without data and one whose data is worked off where FORMAT UNIT's is."""
    scsi.command([TEST_UNIT_READY] + 5 * [0])
    scsi.command([MODE_SELECT, PAGE_FORMAT, 0, 0, 4, 0], out=bytes(4))
