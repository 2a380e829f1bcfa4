# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest sends frames. The overflow needs a network behind the card that takes headers with hash
values: a tap, which not every host lets us make."""
from lib.machine import Setup
from lib.net import IPV4, UDP, Wire, ethernet, ipv4, netdev, udp
from lib.vnet import HEADER, TRANSMIT, Vnet

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', *netdev('tx-hdr'), '-device',
                                      'virtio-net-pci,id=tx-hdr-nic,disable-legacy=on,romfile=,'
                                      'netdev=tx-hdr']}
FRAME = ethernet(IPV4, ipv4(UDP, udp(bytes(100))))


def prepare(vm):
    nic = Vnet(vm, 'tx-hdr-nic')
    nic.begin(0)
    return nic, Wire(vm, 'tx-hdr')


def load(_vm, state):
    nic, wire = state
    nic.request(TRANSMIT, [bytes(HEADER), FRAME])
    if wire.receive() != FRAME:
        raise Setup('the frame does not arrive')
