# SPDX-License-Identifier: GPL-2.0-or-later
"""Stopping a port (PxCMD.ST from 1 to 0) drops the commands that it was given: PxCI and PxSACT
read 0 then (AHCI 1.3.1, 3.3.13 and 3.3.14). Before the fix they kept their bits, and the
commands ran when the port was started again."""
import struct

from lib.machine import Setup
from lib.pci import Pci
from lib.wait import until

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'ich9-ahci,id=ahci',
                    '-blockdev', 'driver=null-co,node-name=ahci-disk,read-zeroes=on',
                    '-device', 'ide-hd,bus=ahci.0,drive=ahci-disk']}
ICH9_AHCI = 0x8086, 0x2922
GHC, AHCI_ENABLE = 0x04, 1 << 31
PXCLB, PXCLBU, PXFB, PXFBU, PXCMD, PXSACT, PXCI = 0x00, 0x04, 0x08, 0x0c, 0x18, 0x34, 0x38
START, RECEIVE = 1 << 0, 1 << 4
DISK, EMPTY = 0, 1  # ports
REGISTER_H2D, IS_COMMAND, IDENTIFY, SECTOR = 0x27, 0x80, 0xec, 512


class Port:
    """A port, its command list, and one command table, that of slot 0."""

    def __init__(self, vm, registers):
        self.qtest, self.registers = vm.qtest, registers
        self.list, self.received = vm.alloc(1024, 1024), vm.alloc(256, 256)
        self.table, self.data = vm.alloc(0x90, 128), vm.alloc(SECTOR)

    def get(self, register):
        return self.qtest.readl(self.registers + register)

    def set(self, register, value):
        self.qtest.writel(self.registers + register, value)

    def start(self):
        for register, value in ((PXCLB, self.list), (PXCLBU, 0), (PXFB, self.received), (PXFBU, 0),
                                (PXCMD, START | RECEIVE)):
            self.set(register, value)

    def stop(self):
        self.set(PXCMD, RECEIVE)

    def identify(self):
        """The disk's answer."""
        fis = bytes([REGISTER_H2D, IS_COMMAND, IDENTIFY]).ljust(20, b'\0')
        self.qtest.write(self.list, struct.pack('<HHIQ16x', len(fis) // 4, 1, 0, self.table))
        self.qtest.write(self.table, fis.ljust(0x80, b'\0') +
                         struct.pack('<QII', self.data, 0, SECTOR - 1))
        self.set(PXCI, 1)
        if not until(lambda: self.get(PXCI) == 0):
            raise Setup('the disk does not answer to IDENTIFY')
        return self.qtest.read(self.data, SECTOR)


def prepare(vm):
    pci = Pci(vm, *ICH9_AHCI)
    base = pci.bar(5)
    pci.enable()
    vm.qtest.writel(base + GHC, AHCI_ENABLE)
    return {port: Port(vm, base + 0x100 + 0x80 * port) for port in (DISK, EMPTY)}


def trigger(vm, ports):
    port = ports[EMPTY]  # nobody takes a command there
    with vm.qtest.lock:
        port.start()
        port.set(PXCI, 1)
        port.set(PXSACT, 1)
        if port.get(PXCI) != 1 or port.get(PXSACT) != 1:
            raise Setup('the command does not stay issued')
        port.stop()
        issued, active = port.get(PXCI), port.get(PXSACT)
    return issued == active == 0, f'a stopped port: PxCI {issued:#x}, PxSACT {active:#x}'


def load(vm, ports):
    """Starts the port, asks the disk for its name, stops the port."""
    with vm.qtest.lock:
        ports[DISK].start()
        ports[DISK].identify()
        ports[DISK].stop()
