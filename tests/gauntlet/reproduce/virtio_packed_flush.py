# SPDX-License-Identifier: GPL-2.0-or-later
"""Of several chains that are given back at once in a packed ring, the second was marked as used
in the second descriptor, whatever the length of the first chain: the guest waits for it in vain."""
from lib.machine import Setup
from lib.net import IPV4, UDP, Wire, ethernet, ipv4, netdev, udp
from lib.packed import RING_PACKED, Packed
from lib.vnet import RECEIVE, Vnet

MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', *netdev('packed'), '-device',
    'virtio-net-pci,id=packed-nic,disable-legacy=on,packed=on,romfile=,netdev=packed']}
MERGEABLE = 1 << 15  # a packet may go into several chains
SIZE, HALF, CHAIN = 16, 512, 2
SECONDS = 5


class Receiver:
    def __init__(self, vm):
        self.nic, self.wire = Vnet(vm, 'packed-nic'), Wire(vm, 'packed')
        self.buffers = [(vm.alloc(HALF), HALF) for _ in range(CHAIN)]
        features = RING_PACKED | MERGEABLE
        if self.nic.negotiate(features) & features != features:
            raise Setup('virtio-net: no packed rings')
        self.queue = Packed(self.nic, RECEIVE, SIZE)
        self.nic.start()

    def receive(self, size, chains):
        """Offers CHAINS chains of two descriptors, and a packet of SIZE bytes arrives: the places
        of the chains, and the lap they are in."""
        lap = self.queue.lap
        places = [self.queue.add(self.buffers) for _ in range(chains)]
        self.nic.qtest.writew(self.nic.queues[RECEIVE].notify, RECEIVE)
        self.wire.send(ethernet(IPV4, ipv4(UDP, udp(bytes(size)))))
        if not self.queue.is_used(places[0], lap, SECONDS):
            raise Setup('virtio-net: a packet does not arrive')
        return places, lap


def prepare(vm):
    return Receiver(vm)


def trigger(_vm, receiver):
    (_, second), lap = receiver.receive(CHAIN * HALF, 2)
    fixed = receiver.queue.is_used(second, lap)
    return fixed, f'the second chain is {"" if fixed else "not "}marked as used where it begins'


def load(_vm, receiver):
    """Two packets of one chain each: the ring goes on in steps of four descriptors."""
    for _ in range(2):
        receiver.receive(HALF, 1)
