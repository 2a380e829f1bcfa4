# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI functions of a machine under qtest: configuration mechanism 1 (PCI 3.0, 3.2.2.3.2)."""
from lib.machine import Setup

ADDRESS, DATA = 0xcf8, 0xcfc
COMMAND, HEADER_TYPE, CAPABILITIES = 0x04, 0x0e, 0x34
MULTI_FUNCTION = 0x80
IO_SPACE, MEMORY_SPACE, BUS_MASTER = 1, 2, 4


class Config:
    """The configuration space of one function: (bus, slot, function) as PCI packs them."""

    def __init__(self, vm, address):
        self.vm, self.qtest, self.address = vm, vm.qtest, address

    def _access(self, name, off, *value):
        with self.qtest.lock:  # the address belongs to the access that follows
            self.qtest.outl(ADDRESS, 0x80000000 | self.address << 8 | off & 0xfc)
            return getattr(self.qtest, name)(DATA + (off & 3), *value)

    def cfg_readb(self, off):
        return self._access('inb', off)

    def cfg_readw(self, off):
        return self._access('inw', off)

    def cfg_readl(self, off):
        return self._access('inl', off)

    def cfg_writeb(self, off, value):
        self._access('outb', off, value)

    def cfg_writew(self, off, value):
        self._access('outw', off, value)

    def cfg_writel(self, off, value):
        self._access('outl', off, value)


def functions(vm, bus=0):
    """Each function that there is on BUS, as Config."""
    for slot in range(32):
        for function in range(8):
            config = Config(vm, bus << 8 | slot << 3 | function)
            is_there = config.cfg_readw(0) != 0xffff
            if is_there:
                yield config
            if function == 0 and not (is_there and config.cfg_readb(HEADER_TYPE) & MULTI_FUNCTION):
                break


def named(vm, name, bus=0):
    """The address of the function on BUS whose id= is NAME."""
    for one in vm.command('query-pci'):
        for device in one['devices']:
            if one['bus'] == bus and device['qdev_id'] == name:
                return bus << 8 | device['slot'] << 3 | device['function']
    raise Setup(f"no PCI device '{name}' on bus {bus}")


class Pci(Config):
    """The first function on BUS with these ids, or the NTH one, counted from 0. NAME: only the one
    with that id=, where a machine may have several of a kind."""

    def __init__(self, vm, vendor, device, bus=0, nth=0, name=None):
        ids = device << 16 | vendor
        found = [one.address for one in functions(vm, bus) if one.cfg_readl(0) == ids]
        if name:
            at = named(vm, name, bus)
            found = [address for address in found if address == at]
        if len(found) <= nth:
            raise Setup(f'no PCI device {vendor:04x}:{device:04x} on bus {bus}')
        super().__init__(vm, found[nth])
        self._bars = {}

    def enable(self):
        """Lets it decode its BARs and do DMA."""
        self.cfg_writew(COMMAND, self.cfg_readw(COMMAND) | IO_SPACE | MEMORY_SPACE | BUS_MASTER)

    def disable(self):
        self.cfg_writew(COMMAND, 0)

    def bar(self, n):
        """The address of BAR N, a port or guest-physical; mapped at its first use."""
        if n not in self._bars:
            self._bars[n] = self._map(0x10 + 4 * n)
        return self._bars[n]

    def _map(self, register):
        self.cfg_writel(register, 0xffffffff)
        mask = self.cfg_readl(register)
        if not mask:
            raise Setup(f'PCI device {self.cfg_readl(0):08x}: no BAR at {register:#x}')
        if mask & 1:  # ports: the upper half of the register need not be there
            at = self.vm.map_io(-(mask & 0xfffc) & 0xffff)
        else:
            at = self.vm.map_bar(-(mask & 0xfffffff0) & 0xffffffff)
            if mask & 4:
                self.cfg_writel(register + 4, 0)
        self.cfg_writel(register, at)
        return at

    def capabilities(self):
        """(offset, id) of each."""
        at = self.cfg_readb(CAPABILITIES)
        while at:
            yield at, self.cfg_readb(at)
            at = self.cfg_readb(at + 1)
