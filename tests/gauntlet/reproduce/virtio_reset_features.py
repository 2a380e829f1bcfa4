# SPDX-License-Identifier: GPL-2.0-or-later
"""After a reset a virtio device did not know that its driver's features are gone: virtio-net
went on to filter VLANs, of which it let none pass. With the fix it lets all of them pass again,
as it does for a driver that knows nothing of the filter."""
from lib.vnet import CTRL_VQ, Vnet

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-netdev', 'hubport,id=reset-features,hubid=1', '-device',
    'virtio-net-pci,id=reset-features-nic,disable-legacy=on,romfile=,netdev=reset-features']}
CTRL_VLAN = 1 << 19
ALL = 4096


def prepare(vm):
    return Vnet(vm, 'reset-features-nic')


def trigger(vm, nic):
    nic.begin(CTRL_VQ | CTRL_VLAN)
    nic.reset()
    filters = vm.ask('query-rx-filter', {'name': 'reset-features-nic'})['return'][0]
    passing = len(filters['vlan-table'])
    return passing == ALL, f'after a reset {passing} of {ALL} VLANs pass'


def load(_vm, nic):
    """The driver begins and ends its work."""
    nic.begin(CTRL_VQ | CTRL_VLAN)
    nic.reset()
