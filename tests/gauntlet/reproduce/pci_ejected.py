# SPDX-License-Identifier: GPL-2.0-or-later
"""A migration has the guest take out a card that can't migrate, of which QEMU keeps hold to
bring it back if the migration fails. The card still answered where the slot must look empty."""
from lib.hotplug import EJECT, SELECT
from lib.machine import Setup
from lib.migrate import ENDS, go_on, status
from lib.pci import Config, named
from lib.vnet import Vnet
from lib.wait import until

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'q35', '-m', '64', '-device', 'pcie-root-port,id=ejected-port,chassis=7',
    '-device', 'virtio-net-pci,id=ejected-standby,disable-legacy=on,romfile=,failover=on',
    '-device', 'e1000e,id=ejected,bus=ejected-port,romfile=,failover_pair_id=ejected-standby']}
STANDBY = 1 << 62
PORTS, BUSES = 0xcc0, 8    # ACPI's hotplug of q35; more buses than there are
SECONDARY_BUS, SUBORDINATE_BUS, BUS = 0x19, 0x1a, 7
E1000E, NOTHING = 0x10d38086, 0xffffffff
SECONDS = 10


def prepare(vm):
    """The card comes when the driver of its stand-in knows that it is one."""
    nic = Vnet(vm, 'ejected-standby')
    nic.begin(STANDBY)
    port = Config(vm, named(vm, 'ejected-port'))
    port.cfg_writeb(SECONDARY_BUS, BUS)
    port.cfg_writeb(SUBORDINATE_BUS, BUS)
    card = Config(vm, BUS << 8)
    if card.cfg_readl(0) != E1000E:
        raise Setup('the card is not there')
    return card


def eject(vm):
    """What the guest does: the card is in slot 0 of its bus, as nothing else that can go is."""
    with vm.qtest.lock:
        for bus in range(BUSES):
            vm.qtest.outl(PORTS + SELECT, bus)
            vm.qtest.outl(PORTS + EJECT, 1)


def trigger(vm, card):
    vm.command('migrate', uri='exec:cat >/dev/null')
    if not until(lambda: status(vm) == 'wait-unplug', SECONDS):
        raise Setup('the migration does not wait for the card')
    eject(vm)
    if not until(lambda: status(vm) in ENDS, SECONDS):
        raise Setup('the migration does not end')
    found = card.cfg_readl(0)
    go_on(vm)
    return found == NOTHING, f'in the slot of the card there is {found:#x}'


def load(_vm, card):
    for off in range(0, 256, 4):
        card.cfg_readl(off)
    card.cfg_writeb(0x3c, 10)  # the interrupt line, where firmware keeps a number
