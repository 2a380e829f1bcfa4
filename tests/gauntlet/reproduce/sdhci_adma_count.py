# SPDX-License-Identifier: GPL-2.0-or-later
"""When ADMA could not reach memory the controller kept how much of a block it had had in its
buffer. The next try went on from there: what it should have transferred did not arrive."""
import struct

from reproduce.sdhci_trnmod import BLOCK, MACHINE, R1, READ, SECTOR, WITH_DATA, Card

HOST_CONTROL, ADMA_ADDRESS = 0x28, 0x58
ADMA2 = 0x10                             # in HOST_CONTROL
DMA, COUNTED, MANY = 0x01, 0x02, 0x20    # in the transfer mode
VALID, END, TRANSFER = 0x01, 0x02, 0x20  # in a descriptor
READ_MANY, STEP_NS = 18, 1000
NOWHERE = 0x80000000           # no memory is there
MARK = b'\xa5' * SECTOR


def describe(vm, table, address, last=END):
    """One sector to that address."""
    vm.qtest.write(table, struct.pack('<HHI', VALID | TRANSFER | last, SECTOR, address))


def begin(vm, card, table):
    vm.qtest.writeb(card.base + HOST_CONTROL, ADMA2)
    vm.qtest.writel(card.base + ADMA_ADDRESS, table)
    vm.qtest.writel(card.base + BLOCK, 1 << 16 | SECTOR)
    card.command(READ_MANY, 0, R1 | WITH_DATA, DMA | COUNTED | MANY | READ)


def prepare(vm):
    return Card(vm), vm.alloc(8), vm.alloc(SECTOR)


def trigger(vm, state):
    card, table, buffer = state
    with vm.qtest.lock:
        card.start()
        vm.qtest.write(buffer, MARK)
        describe(vm, table, NOWHERE, last=0)
        begin(vm, card, table)
        describe(vm, table, buffer)
        vm.qtest.step(STEP_NS)  # the controller tries again by itself
        arrived = vm.qtest.read(buffer, SECTOR) != MARK
        card.start()
    return arrived, f'the sector {"arrived" if arrived else "did not arrive"} at the second try'


def load(vm, state):
    """Starts the card and reads a sector."""
    card, table, buffer = state
    with vm.qtest.lock:
        card.start()
        describe(vm, table, buffer)
        begin(vm, card, table)
