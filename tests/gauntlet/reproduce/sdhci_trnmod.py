# SPDX-License-Identifier: GPL-2.0-or-later
"""While a data command is under way the transfer mode register may not change (SD host controller
3.00, 2.2.5). It did, the direction too: a guest could make the controller write to the buffer that
it was reading, beyond its end."""
from lib.machine import Setup
from lib.pci import Pci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'sdhci-pci,id=sdhci,sd-spec-version=3',
                    '-drive', 'if=none,id=sd-disk,driver=null-co,read-zeroes=on',
                    '-device', 'sd-card,bus=sd-bus,drive=sd-disk']}
SDHCI = 0x1b36, 0x0007
BLOCK, ARGUMENT, TRANSFER_MODE, RESPONSE, DATA, PRESENT = 0x04, 0x08, 0x0c, 0x10, 0x20, 0x24
POWER, CLOCK, RESET = 0x29, 0x2c, 0x2f
ON_3V3, CLOCK_ON, ALL = 0x0f, 0x05, 1
READ = 0x10                                            # in the transfer mode
DATA_INHIBIT = 2                                       # in PRESENT
NONE, R1, R2, R3, R6, R7 = 0, 0x1a, 0x09, 0x02, 0x1a, 0x1a  # kinds of responses
WITH_DATA = 0x20
VOLTAGES, CHECK = 0x00ff8000, 0x1aa
SECTOR = 512


class Card:
    """The controller and the card in it."""

    def __init__(self, vm):
        pci = Pci(vm, *SDHCI)
        self.qtest, self.base = vm.qtest, pci.bar(0)
        pci.enable()

    def command(self, number, argument=0, response=R1, mode=0):
        self.qtest.writel(self.base + ARGUMENT, argument)
        self.qtest.writel(self.base + TRANSFER_MODE, (number << 8 | response) << 16 | mode)
        return self.qtest.readl(self.base + RESPONSE)

    def start(self):
        """From power-on to the state in which the card transfers data."""
        self.qtest.writeb(self.base + RESET, ALL)
        self.qtest.writew(self.base + CLOCK, CLOCK_ON)
        self.qtest.writeb(self.base + POWER, ON_3V3)
        self.command(0, response=NONE)
        self.command(8, CHECK, R7)
        self.command(55)
        self.command(41, VOLTAGES, R3)
        self.command(2, response=R2)
        address = self.command(3, response=R6) & 0xffff0000
        self.command(7, address)

    def begin_read(self, sector):
        """The first byte of SECTOR is then the next one of the data port."""
        self.qtest.writel(self.base + BLOCK, 1 << 16 | SECTOR)
        self.command(17, sector * SECTOR, R1 | WITH_DATA, READ)
        if not self.qtest.readl(self.base + PRESENT) & DATA_INHIBIT:
            raise Setup('the card has no data')

    def end_read(self):
        words = [self.qtest.readl(self.base + DATA) for _ in range(SECTOR // 4)]
        if self.qtest.readl(self.base + PRESENT) & DATA_INHIBIT:
            raise Setup('the transfer does not end')
        return b''.join(word.to_bytes(4, 'little') for word in words)


def prepare(vm):
    return Card(vm)


def trigger(vm, card):
    with vm.qtest.lock:
        card.start()
        card.begin_read(0)
        before = vm.qtest.readw(card.base + TRANSFER_MODE)
        vm.qtest.writew(card.base + TRANSFER_MODE, before ^ READ)
        after = vm.qtest.readw(card.base + TRANSFER_MODE)
        card.end_read()
    return before == after, f'transfer mode {before:#x}, written during a transfer: {after:#x}'


def load(vm, card):
    """Starts the card and reads a sector."""
    with vm.qtest.lock:
        card.start()
        card.begin_read(1)
        card.end_read()
