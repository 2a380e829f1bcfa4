# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for NVMe controllers (NVM Express 1.4): the admin queue, one I/O queue, shadow
doorbells. CONTROLLER has the arguments for one, MACHINE is a machine with it."""
import struct
import time

from lib.machine import Setup
from lib.pci import Pci

VENDOR, DEVICE = 0x1b36, 0x0010
CC, CSTS, AQA, ASQ, ACQ, DOORBELLS = 0x14, 0x1c, 0x24, 0x28, 0x30, 0x1000
ENABLE, ENTRY_SIZES, READY = 1, 6 << 16 | 4 << 20, 1  # 64 bytes a command, 16 an answer
CREATE_SQ, CREATE_CQ, DOORBELL_BUFFERS = 0x01, 0x05, 0x7c
FLUSH, WRITE, READ, DATASET_MANAGEMENT = 0x00, 0x01, 0x02, 0x09
DEALLOCATE = 1 << 2  # an attribute of dataset management
PAGE, ENTRIES, SECONDS = 4096, 64, 10
CONTROLLER = ['-drive', 'if=none,id=nvme,driver=null-co,size=1M,read-zeroes=on',
              '-device', 'nvme,id=nvme,drive=nvme,serial=nvme,ioeventfd=on']
MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', *CONTROLLER]}


def command(opcode, nsid=1, prp1=0, prp2=0, words=()):
    """The bytes of a command; WORDS are its double words from the tenth on."""
    return struct.pack('<BBHIQQQQ', opcode, 0, 0, nsid, 0, 0, prp1, prp2) + \
        struct.pack('<6I', *words, *[0] * (6 - len(words)))


class Pair:
    """A submission queue, the completion queue that belongs to it, and where both stand."""

    def __init__(self, vm, number):
        self.number = number
        self.sq, self.cq = vm.alloc(PAGE, PAGE), vm.alloc(PAGE, PAGE)
        vm.qtest.write(self.cq, bytes(PAGE))
        self.tail = self.head = 0
        self.phase = 1


class Nvme:
    """The controller of MACHINE, reset and enabled. IO is its queue for I/O, PAGE some memory."""

    def __init__(self, vm):
        self.vm, self.qtest = vm, vm.qtest
        pci = Pci(vm, VENDOR, DEVICE, name='nvme')
        pci.enable()
        self.at, self.shadow = pci.bar(0), None
        self.admin, self.page = Pair(vm, 0), vm.alloc(PAGE, PAGE)
        self.qtest.writel(self.at + CC, 0)
        self.qtest.writel(self.at + AQA, ENTRIES - 1 << 16 | ENTRIES - 1)
        self.qtest.writeq(self.at + ASQ, self.admin.sq)
        self.qtest.writeq(self.at + ACQ, self.admin.cq)
        self.qtest.writel(self.at + CC, ENTRY_SIZES | ENABLE)
        if not self.qtest.readl(self.at + CSTS) & READY:
            raise Setup('NVMe: the controller does not get ready')
        self.io = Pair(vm, 1)
        size, on = (ENTRIES - 1) << 16 | 1, 1
        self.do(self.admin, command(CREATE_CQ, prp1=self.io.cq, words=(size, on)))
        self.do(self.admin, command(CREATE_SQ, prp1=self.io.sq, words=(size, 1 << 16 | on)))

    def shadow_doorbells(self):
        """Doorbells in memory; the address of the event indices, of which those of the I/O queues
        are at 8 (submission) and 12 (completion)."""
        shadow, events = self.vm.alloc(PAGE, PAGE), self.vm.alloc(PAGE, PAGE)
        for page in (shadow, events):
            self.qtest.write(page, bytes(16))
        self.do(self.admin, command(DOORBELL_BUFFERS, nsid=0, prp1=shadow, prp2=events))
        self.shadow = shadow
        return events

    def _ring(self, pair, completion, value):
        off = 8 * pair.number + 4 * completion
        if self.shadow and pair.number:
            self.qtest.writel(self.shadow + off, value)
        self.qtest.writel(self.at + DOORBELLS + off, value)

    def batch(self, pair, count):
        """Submits the COUNT commands that stand in the queue from its tail on, and waits for their
        ends; the status of the last one that ended, 0 is success."""
        last = (pair.head + count - 1) % ENTRIES
        phase = pair.phase ^ (pair.head + count > ENTRIES)
        pair.tail = (pair.tail + count) % ENTRIES
        self._ring(pair, 0, pair.tail)
        end = time.monotonic() + SECONDS
        while True:
            status = self.qtest.readw(pair.cq + 16 * last + 14)
            if status & 1 == phase:
                break
            if time.monotonic() > end:
                raise TimeoutError(f'NVMe: no end of a command within {SECONDS} s')
        pair.phase ^= pair.head + count >= ENTRIES
        pair.head = (pair.head + count) % ENTRIES
        self._ring(pair, 1, pair.head)
        return status >> 1

    def do(self, pair, data, good=True):
        """One command, which has to succeed if it is a GOOD one."""
        self.qtest.write(pair.sq + 64 * pair.tail, data)
        status = self.batch(pair, 1)
        if good and status:
            raise Setup(f'NVMe: command {data[0]:#x} ends with status {status:#x}')

    def write_and_read(self):
        """A page to the first blocks of the disk and back."""
        blocks = PAGE // 512 - 1
        for opcode in (WRITE, READ):
            self.do(self.io, command(opcode, prp1=self.page, words=(0, 0, blocks)))
