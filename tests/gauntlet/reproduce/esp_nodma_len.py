# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that has put more bytes into the FIFO than the command wants, and lets them be taken
without DMA. The controller took all: what was still wanted fell below 0, and it went on to wait
for data, writing behind the command's buffer. Now it takes what is wanted, and the command ends."""
from lib.machine import Setup
from lib.pci import Pci
from lib.wait import until

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'am53c974,id=esp',
                    '-blockdev', 'driver=null-co,node-name=esp-disk,read-zeroes=on',
                    '-device', 'scsi-hd,bus=esp.0,drive=esp-disk']}
AM53C974 = 0x1022, 0x2020
FIFO, COMMAND, STATUS, INTERRUPT = 2, 3, 4, 5  # registers; STATUS is the target's id when written
FLUSH, TRANSFER, COMPLETE, ACCEPT, SELECT = 0x01, 0x10, 0x11, 0x12, 0x41
PENDING, PHASE = 0x80, 0x07
DATA_OUT, DATA_IN, STATUS_PHASE = 0, 1, 3
INQUIRY, MODE_SELECT, PAGE_FORMAT = 0x12, 0x15, 0x10


class Esp:
    """The chip, without DMA."""

    def __init__(self, vm):
        pci = Pci(vm, *AM53C974)
        self.qtest, self.ports = vm.qtest, pci.bar(0)
        pci.enable()

    def get(self, register):
        return self.qtest.inb(self.ports + 4 * register)

    def set(self, register, *values):
        for value in values:
            self.qtest.outb(self.ports + 4 * register, value)

    def phase(self):
        """Waits for an interrupt, takes it; the phase of the bus."""
        if not until(lambda: self.get(STATUS) & PENDING):
            raise Setup('no interrupt from the SCSI controller')
        phase = self.get(STATUS) & PHASE
        self.get(INTERRUPT)
        return phase

    def select(self, cdb):
        """Sends CDB to target 0; the phase that follows."""
        self.set(COMMAND, FLUSH)
        self.set(STATUS, 0)
        self.set(FIFO, *cdb)
        self.set(COMMAND, SELECT)
        return self.phase()

    def write(self, data):
        self.set(COMMAND, FLUSH)
        self.set(FIFO, *data)
        self.set(COMMAND, TRANSFER)
        return self.phase()

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            self.set(COMMAND, TRANSFER)
            self.phase()
            data.append(self.get(FIFO))
        return bytes(data)

    def finish(self):
        """The status of the command that is over."""
        self.set(COMMAND, COMPLETE)
        self.phase()
        status = self.get(FIFO)
        self.set(COMMAND, ACCEPT)
        self.phase()
        return status


def prepare(vm):
    esp = Esp(vm)
    esp.select(6 * [0])  # TEST UNIT READY takes the unit attention of the start
    esp.finish()
    return esp


def trigger(vm, esp):
    with vm.qtest.lock:
        if esp.select([MODE_SELECT, PAGE_FORMAT, 0, 0, 4, 0]) != DATA_OUT:
            raise Setup('MODE SELECT does not wait for data')
        phase = esp.write(bytes(12))
        if phase != STATUS_PHASE:
            return False, f'12 bytes for 4 that are wanted: still in phase {phase}, data'
        status = esp.finish()
    return vm.answers(), f'12 bytes for 4 that are wanted: the command ends with status {status}'


def load(vm, esp):
    """A command that reads and one that writes, byte by byte."""
    with vm.qtest.lock:
        if esp.select([INQUIRY, 0, 0, 0, 8, 0]) != DATA_IN:
            raise Setup('INQUIRY has no data')
        esp.read(8)
        esp.finish()
        esp.select([MODE_SELECT, PAGE_FORMAT, 0, 0, 4, 0])
        esp.write(bytes(4))
        esp.finish()
