# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver for modern virtio devices on PCI (virtio 1.1: 2.6 split virtqueues, 4.1 PCI), which
polls. Descriptors and their buffers are used again when the device has given them back, so that
it can run for hours."""
import struct

from lib.machine import Setup
from lib.pci import Pci
from lib.wait import until

VENDOR, VENDOR_CAP = 0x1af4, 9
COMMON, NOTIFY, ISR, DEVICE = 1, 2, 3, 4  # kinds of vendor capabilities
DEVICE_FEATURE_SELECT, DEVICE_FEATURE, DRIVER_FEATURE_SELECT, DRIVER_FEATURE = 0, 4, 8, 12
STATUS, QUEUE_SELECT, QUEUE_SIZE, QUEUE_ENABLE, QUEUE_NOTIFY_OFF = 20, 22, 24, 28, 30
QUEUE_DESC, QUEUE_AVAIL, QUEUE_USED = 32, 40, 48
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
NEXT, WRITE = 1, 2  # of a descriptor
VERSION_1 = 1 << 32


class Queue:
    """Where one queue lies, and what of it is in use."""

    def __init__(self, vm, size, notify):
        self.size, self.notify = size, notify
        self.desc = vm.alloc(16 * size, 4096)
        self.avail = vm.alloc(6 + 2 * size, 4096)
        self.used = vm.alloc(6 + 8 * size, 4096)
        self.buffers = {}  # descriptor: (address, room)
        self.begin()

    def begin(self):
        """As after a reset; memory is used again."""
        self.free = list(range(self.size))
        self.chains = {}   # head: its [(descriptor, bytes that the device may write)]
        self.added = self.seen = 0


class Virtio:
    """DEVICE_ID is the PCI device's: 0x1040 + the virtio device's number. A device is reset when it
    is found, and can then be negotiated, given queues and started."""

    def __init__(self, vm, device_id, bus=0, nth=0, name=None):
        self.vm, self.qtest = vm, vm.qtest
        self.pci = Pci(vm, VENDOR, device_id, bus, nth, name)
        self.queues, self.made = {}, {}  # number: queue; those that there have ever been
        where = {}
        for at, kind in self.pci.capabilities():
            part = self.pci.cfg_readb(at + 3)
            if kind != VENDOR_CAP or part in where or part not in (COMMON, NOTIFY, ISR, DEVICE):
                continue
            where[part] = self.pci.bar(self.pci.cfg_readb(at + 4)) + self.pci.cfg_readl(at + 8)
            if part == NOTIFY:
                self.notify_step = self.pci.cfg_readl(at + 16)
        if not {COMMON, NOTIFY} <= set(where):
            raise Setup(f'virtio device {device_id:#x}: not a modern one')
        self.common, self.notify = where[COMMON], where[NOTIFY]
        self.isr, self.device = where.get(ISR), where.get(DEVICE)  # addresses
        self.pci.enable()
        self.reset()

    def reset(self):
        self.qtest.writeb(self.common + STATUS, 0)
        self.qtest.writeb(self.common + STATUS, ACKNOWLEDGE | DRIVER)
        self.queues = {}

    def status(self):
        return self.qtest.readb(self.common + STATUS)

    def offered(self):
        """The features that the device has."""
        bits = 0
        with self.qtest.lock:
            for half in range(2):
                self.qtest.writel(self.common + DEVICE_FEATURE_SELECT, half)
                bits |= self.qtest.readl(self.common + DEVICE_FEATURE) << 32 * half
        return bits

    def negotiate(self, bits=0):
        """Takes those of BITS that the device offers, and VERSION_1; what was agreed on."""
        bits = (bits | VERSION_1) & self.offered()
        with self.qtest.lock:
            for half in range(2):
                self.qtest.writel(self.common + DRIVER_FEATURE_SELECT, half)
                self.qtest.writel(self.common + DRIVER_FEATURE, bits >> 32 * half & 0xffffffff)
        self.qtest.writeb(self.common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK)
        if not self.status() & FEATURES_OK:
            raise Setup(f'virtio: the device does not take the features {bits:#x}')
        return bits

    def setup_queue(self, number, size=None):
        with self.qtest.lock:
            self.qtest.writew(self.common + QUEUE_SELECT, number)
            largest = self.qtest.readw(self.common + QUEUE_SIZE)
            if not largest:
                raise Setup(f'virtio: no queue {number}')
            if size:
                self.qtest.writew(self.common + QUEUE_SIZE, size)
            nth = self.qtest.readw(self.common + QUEUE_NOTIFY_OFF)
            notify = self.notify + self.notify_step * nth
            key = number, size or largest
            queue = self.made.get(key) or Queue(self.vm, size or largest, notify)
            queue.begin()
            self.queues[number] = self.made[key] = queue
            self.qtest.write(queue.avail, bytes(6 + 2 * queue.size))
            self.qtest.write(queue.used, bytes(6 + 8 * queue.size))
            self.qtest.writeq(self.common + QUEUE_DESC, queue.desc)
            self.qtest.writeq(self.common + QUEUE_AVAIL, queue.avail)
            self.qtest.writeq(self.common + QUEUE_USED, queue.used)
            self.qtest.writew(self.common + QUEUE_ENABLE, 1)
        return queue

    def start(self):
        self.qtest.writeb(self.common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)

    def describe(self, number, index, address, size, flags=0, following=0):
        """Writes one descriptor."""
        self.qtest.write(self.queues[number].desc + 16 * index,
                         struct.pack('<QIHH', address, size, flags, following))

    def push(self, number, head):
        """Makes the chain that begins with the descriptor HEAD available."""
        queue = self.queues[number]
        self.qtest.writew(queue.avail + 4 + 2 * (queue.added % queue.size), head)
        queue.added += 1
        self.qtest.writew(queue.avail + 2, queue.added & 0xffff)

    def _buffer(self, queue, index, size):
        at, room = queue.buffers.get(index, (0, 0))
        if room < size:
            room = max(64, 1 << (size - 1).bit_length())
            at = self.vm.alloc(room)
            queue.buffers[index] = at, room
        return at

    def add(self, number, buffers):
        """A chain of BUFFERS: bytes for the device to read, a number for so many bytes that it may
        write. The chain's head, by which used() names it."""
        queue = self.queues[number]
        if len(queue.free) < len(buffers):
            raise Setup(f'virtio: queue {number} is full')
        chain = [queue.free.pop(0) for _ in buffers]
        for k, (index, data) in enumerate(zip(chain, buffers)):
            size = data if isinstance(data, int) else len(data)
            at = self._buffer(queue, index, max(size, 1))
            self.qtest.write(at, bytes(size) if isinstance(data, int) else data)
            last = k == len(chain) - 1
            self.describe(number, index, at, size, (WRITE if isinstance(data, int) else 0) |
                          (0 if last else NEXT), 0 if last else chain[k + 1])
        queue.chains[chain[0]] = [(index, data if isinstance(data, int) else 0)
                                  for index, data in zip(chain, buffers)]
        self.push(number, chain[0])
        return chain[0]

    def kick(self, number):
        self.qtest.writew(self.queues[number].notify, number)

    def used(self, number, seconds=5):
        """(head, bytes that the device says to have written, contents of each buffer that it may
        write) of the next chain that it gives back; None when it gives none within SECONDS."""
        queue = self.queues[number]
        if not until(lambda: self.qtest.readw(queue.used + 2) != queue.seen & 0xffff, seconds):
            return None
        at = queue.used + 4 + 8 * (queue.seen % queue.size)
        queue.seen += 1
        head, length = struct.unpack('<II', self.qtest.read(at, 8))
        chain = queue.chains.pop(head, [])
        written = [self.qtest.read(queue.buffers[index][0], size) for index, size in chain if size]
        queue.free += [index for index, _ in chain]
        return head, length, written

    def request(self, number, buffers, seconds=5):
        """Adds, notifies, waits: (length, contents of each buffer that the device may write)."""
        head = self.add(number, buffers)
        self.kick(number)
        while True:
            got = self.used(number, seconds)
            if got is None:
                raise TimeoutError(f'virtio: no answer in queue {number} within {seconds} s')
            if got[0] == head:
                return got[1:]
