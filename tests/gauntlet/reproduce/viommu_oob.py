# SPDX-License-Identifier: GPL-2.0-or-later
"""A request behind a probe, both told of by one notification: before the fix its answer is as long
as the probe's, 4 bytes of status and what lies behind them on QEMU's stack; afterwards 4 bytes."""
from lib import viommu
from lib.machine import Setup
from lib.viommu import REQUESTS, TAIL, UNKNOWN, Iommu

MACHINE = viommu.MACHINE
DOMAIN = 7


def prepare(vm):
    return Iommu(vm)


def trigger(_vm, iommu):
    probe = iommu.add(REQUESTS, [iommu.probe_head(), iommu.probe_size + TAIL])
    iommu.add(REQUESTS, [iommu.head(UNKNOWN), iommu.probe_size + TAIL])
    iommu.kick(REQUESTS)
    first, second = iommu.used(REQUESTS), iommu.used(REQUESTS)
    if not first or not second or first[0] != probe:
        raise Setup('virtio-iommu: a request is not answered')
    behind = ", and the stack's are among them" if any(second[2][0][TAIL:]) else ''
    return second[1] == TAIL, f'the answer behind a probe has {second[1]} bytes{behind}'


def load(_vm, iommu):
    iommu.round(DOMAIN)
