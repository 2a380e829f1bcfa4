# SPDX-License-Identifier: GPL-2.0-or-later
"""The IOMMU remembers which bus has which number. When the guest gives a bus another number, an
endpoint with the old one still seems to be there. With the fix that is over with a reset of the
machine at the latest."""
from lib import viommu
from lib.pci import Pci
from lib.viommu import ATTACH, DETACH, REQUESTS, TAIL, Iommu

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'q35', '-m', '64', '-device', 'virtio-iommu-pci,id=viommu',
    '-device', 'pci-testdev,id=endpoint', '-device', 'pcie-root-port,id=viommu-port,slot=9',
    '-device', 'e1000e,bus=viommu-port,addr=0.0,multifunction=on,romfile=',
    '-device', 'e1000e,bus=viommu-port,addr=0.1,romfile=']}
ROOT_PORT = 0x1b36, 0x000c
SECONDARY, SUBORDINATE = 0x19, 0x1a  # bus numbers behind a bridge
OLD, NEW = 5, 6
DOMAIN, OTHER = 7, 8
NOENT = 6


class State:
    """The root port, and what is asked of the IOMMU."""

    def __init__(self, vm):
        self.vm = vm
        self.iommu = Iommu(vm)
        self.port = Pci(vm, *ROOT_PORT, name='viommu-port')

    def number(self, bus):
        """Gives the bus behind the port this number."""
        self.port.cfg_writeb(SUBORDINATE, bus)
        self.port.cfg_writeb(SECONDARY, bus)

    def attach(self, bus, function):
        """The status of the request to attach an endpoint on BUS."""
        request = self.iommu.head(ATTACH, '3I4x', DOMAIN, bus << 8 | function, 0)
        return self.iommu.request(REQUESTS, [request, TAIL])[1][0][0]

    def remember(self):
        """Makes the IOMMU remember the bus by its old number, and then gives it the new one."""
        self.number(OLD)
        status = self.attach(OLD, 0)
        self.iommu.call(self.iommu.head(DETACH, '2I8x', DOMAIN, OLD << 8))
        self.number(NEW)
        return status

    def outcome(self):
        status = self.attach(OLD, 1)
        return status == NOENT, f'attaching an endpoint on a bus that is not there: status {status}'


def prepare(vm):
    state = State(vm)
    if state.remember() != viommu.OK:
        raise viommu.Setup('virtio-iommu: the endpoint is not attached')
    return state


def trigger(vm, state):
    with vm.qtest.lock:
        vm.command('system_reset')
        state.__init__(vm)
        state.number(NEW)
        return state.outcome()


def load(_vm, state):
    state.iommu.round(OTHER)
