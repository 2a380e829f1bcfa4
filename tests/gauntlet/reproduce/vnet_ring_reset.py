# SPDX-License-Identifier: GPL-2.0-or-later
"""A device that is plugged in with queue_reset=off: before the fix it offers the guest to reset
single rings all the same; afterwards it does not. It says what it offers when it is plugged in."""
from lib.hotplug import plug, unplug
from lib.machine import Setup
from lib.vnet import RING_RESET, Vnet

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-netdev', 'hubport,id=hub,hubid=0']}
PROPERTIES = {'netdev': 'hub', 'romfile': '', 'disable-legacy': 'on'}


def offered(vm, **properties):
    """The features that a new device has."""
    plug(vm, 'virtio-net-pci', 'plugged', **PROPERTIES, **properties)
    try:
        return Vnet(vm, 'plugged').offered()
    finally:
        unplug(vm, 'plugged')


def prepare(_vm):
    return None


def trigger(vm, _state):
    features = offered(vm, queue_reset=False)
    return not features & RING_RESET, \
        f"with queue_reset=off, ring reset is {'' if features & RING_RESET else 'not '}offered"


def load(vm, _state):
    if not offered(vm) & RING_RESET:
        raise Setup('virtio-net: by default, ring reset is not offered')
