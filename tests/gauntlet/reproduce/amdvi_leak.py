# SPDX-License-Identifier: GPL-2.0-or-later
"""For each access that the AMD IOMMU did not let pass, it lost the entry for its cache that it
had made beforehand."""
import struct

from lib.leak import is_kept
from lib.nvme import CONTROLLER, ENTRIES, PAGE, Nvme, command

MACHINE = {'accel': 'qtest', 'args': ['-M', 'q35', '-m', '64', '-device', 'amd-iommu', *CONTROLLER]}
AMDVI = 0xfed80000
DEVICE_TABLE, CONTROL = 0x00, 0x18
ENTRY, DEVICES = 32, 256
VALID, PRESENT, READ_WRITE, LEVEL2 = 3, 1, 3 << 61, 2 << 9
LARGE, MAPPED = 2 << 20, 32  # the size of a page, and of so many pages in the beginning
IDENTIFY, THE_CONTROLLER = 0x06, 1
HALF, NOWHERE = PAGE // 2, 512 << 20
BATCH, BATCHES = 60, 8
LOST = PAGE // 4 * (48 + 32)  # bytes a command: an entry and its key for each of its double words


def prepare(vm):
    nvme = Nvme(vm)
    table, pages = vm.alloc(ENTRY * DEVICES, PAGE), vm.alloc(PAGE, PAGE)
    vm.qtest.write(pages, b''.join(struct.pack('<Q', LARGE * k | READ_WRITE | PRESENT)
                                   for k in range(MAPPED)).ljust(PAGE, b'\0'))
    one = struct.pack('<QQQQ', pages | READ_WRITE | LEVEL2 | VALID, 0, 0, 0)
    vm.qtest.write(table, one * DEVICES)
    vm.qtest.writeq(AMDVI + DEVICE_TABLE, table | ENTRY * DEVICES // PAGE - 1)
    vm.qtest.writeq(AMDVI + CONTROL, 1)
    return nvme


def trigger(vm, nvme):
    # the answer may not go where it shall, into two pages that are not mapped
    one = command(IDENTIFY, nsid=0, prp1=NOWHERE + HALF, prp2=NOWHERE + PAGE,
                  words=(THE_CONTROLLER,))
    vm.qtest.write(nvme.admin.sq, one * ENTRIES)
    return is_kept(vm, lambda: nvme.batch(nvme.admin, BATCH), BATCHES, BATCH, LOST)


def load(_vm, nvme):
    nvme.do(nvme.admin, command(IDENTIFY, nsid=0, prp1=nvme.page, words=(THE_CONTROLLER,)))
