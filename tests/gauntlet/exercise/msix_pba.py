# SPDX-License-Identifier: GPL-2.0-or-later
"""The pending bits of MSI-X vectors are read. Only devices whose interrupts come from elsewhere
are asked first which are pending, and with that for the wrong vectors: vhost and passed-through
ones."""
from lib.machine import Setup
from lib.pci import Pci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-device', 'nec-usb-xhci,id=msix-pba']}
NEC_XHCI = 0x1033, 0x0194
MSIX, CONTROL, TABLE, PENDING = 0x11, 2, 4, 8
ENABLE, MASK_ALL = 0x8000, 0x4000


def prepare(vm):
    pci = Pci(vm, *NEC_XHCI, name='msix-pba')
    pci.enable()
    at = next((off for off, kind in pci.capabilities() if kind == MSIX), None)
    if not at:
        raise Setup('the controller has no MSI-X')
    pci.cfg_writew(at + CONTROL, ENABLE | MASK_ALL)
    pending = pci.cfg_readl(at + PENDING)
    return pci.bar(pending & 7) + (pending & ~7)


def load(vm, pending):
    vm.qtest.readl(pending)
    vm.qtest.readq(pending)
