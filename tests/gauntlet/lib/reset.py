# SPDX-License-Identifier: GPL-2.0-or-later
"""Resets of the whole machine, under qtest."""
from lib.machine import Setup
from lib.pci import Config
from lib.wait import until

HOST_BRIDGE, INTERRUPT_LINE = 0, 0x3c  # a byte that nothing else uses, 0 after a reset
MARK = 0xa5
SECONDS = 10


def system_reset(vm):
    """Returns when it is done: QMP answers before."""
    bridge = Config(vm, HOST_BRIDGE)
    bridge.cfg_writeb(INTERRUPT_LINE, MARK)
    vm.command('system_reset')
    if not until(lambda: bridge.cfg_readb(INTERRUPT_LINE) == 0, SECONDS):
        raise Setup('the machine is not reset')
