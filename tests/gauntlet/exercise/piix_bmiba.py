# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine is reset with a bus master address in PIIX's IDE controller. Old and new code look
the same from outside: what all PCI devices have in common clears the address, too, and does so
later."""
from lib.pci import Pci
from lib.reset import system_reset

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64']}
PIIX3_IDE = 0x8086, 0x7010
BUS_MASTER_ADDRESS = 0x20


def prepare(vm):
    return Pci(vm, *PIIX3_IDE)


def load(vm, ide):
    ide.cfg_writel(BUS_MASTER_ADDRESS, 0xc001)
    system_reset(vm)
