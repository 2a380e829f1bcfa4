# SPDX-License-Identifier: GPL-2.0-or-later
"""A table of RSS that names a queue which there is not: before the fix QEMU takes what lies far
behind its queues for one and crashes; afterwards the packet arrives in one that there is."""
from lib.machine import Setup
from lib.net import IPV4, UDP, Wire, ethernet, ipv4, netdev, udp
from lib.vnet import MQ, RSS, Vnet

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', *netdev('rss'),
    '-device', 'virtio-net-pci,id=vnet,netdev=rss,romfile=,disable-legacy=on,rss=on,mq=on']}
FIRST, NONE = 0, 0xffff
FRAME = ethernet(IPV4, ipv4(UDP, udp(bytes(64))))


def prepare(vm):
    vnet = Vnet(vm, 'vnet')
    vnet.begin(MQ | RSS)
    vnet.steer(FIRST)
    return vnet, Wire(vm, 'rss')


def trigger(_vm, state):
    vnet, wire = state
    vnet.steer(NONE)
    got = vnet.receive(wire, FRAME)
    vnet.steer(FIRST)
    return got == FRAME, f'{len(got or "")} bytes of {len(FRAME)} arrived for queue {NONE}'


def load(_vm, state):
    vnet, wire = state
    if vnet.receive(wire, FRAME) != FRAME:
        raise Setup('virtio-net: a frame does not arrive')
