# SPDX-License-Identifier: GPL-2.0-or-later
"""A controller does DMA that the Intel IOMMU does not let it do: a fault is recorded. The sign
gets into the record only with devices that name their processes, of which this QEMU has none."""
from lib.machine import Setup
from lib.nvme import CONTROLLER, DOORBELLS, PAGE, Nvme
from lib.wait import until

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'q35', '-m', '64', '-device', 'intel-iommu', *CONTROLLER]}
VTD = 0xfed90000
COMMAND, ROOT_TABLE, STATUS, RECORD = 0x18, 0x20, 0x34, 0x220
SET_ROOT, TRANSLATE = 1 << 30, 1 << 31
OVERFLOW, FAULT = 1, 1 << 31  # in STATUS, and in the record's last word; writing clears them


def prepare(vm):
    nvme, table = Nvme(vm), vm.alloc(PAGE, PAGE)
    vm.qtest.write(table, bytes(PAGE))  # no bus has an entry
    vm.qtest.writeq(VTD + ROOT_TABLE, table)
    vm.qtest.writel(VTD + COMMAND, SET_ROOT)
    vm.qtest.writel(VTD + COMMAND, TRANSLATE)
    return nvme


def load(vm, nvme):
    with vm.qtest.lock:
        vm.qtest.writel(nvme.at + DOORBELLS, nvme.admin.tail + 1)  # it fetches a command
        if not until(lambda: vm.qtest.readl(VTD + RECORD + 12) & FAULT):
            raise Setup('no fault is recorded')
        vm.qtest.writel(VTD + RECORD + 12, FAULT)
        vm.qtest.writel(VTD + STATUS, OVERFLOW)
