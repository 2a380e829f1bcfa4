# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtio-net card with RSS gets and loses its queues. The changed functions are called when vhost
works for the card, which this QEMU is built without."""
from lib.vnet import RSS, Vnet

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-netdev', 'hubport,id=rss-notifier,hubid=2', '-device',
    'virtio-net-pci,id=rss-notifier-nic,disable-legacy=on,romfile=,rss=on,netdev=rss-notifier']}


def prepare(vm):
    return Vnet(vm, 'rss-notifier-nic')


def load(_vm, nic):
    nic.begin(RSS)
    nic.reset()
