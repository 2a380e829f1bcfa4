# SPDX-License-Identifier: GPL-2.0-or-later
"""A short frame is sent by a card that is in loopback mode. All cards of a PC pad what they get
themselves, so that old and new code look the same from outside."""
from lib.rtl8139 import MACHINE, Rtl8139

TX_CONFIGURATION, LOOPBACK = 0x40, 3 << 17
FRAME = b'\xff' * 6 + bytes(24)


def prepare(vm):
    nic = Rtl8139(vm)
    vm.qtest.outl(nic.ports + TX_CONFIGURATION, LOOPBACK)
    return nic


def load(_vm, nic):
    nic.send(FRAME)
