# SPDX-License-Identifier: GPL-2.0-or-later
"""Each trim kept the ranges that it was given, up to 4 KiB, when it had ended."""
import struct

from lib.leak import is_kept
from lib.nvme import DATASET_MANAGEMENT, DEALLOCATE, ENTRIES, MACHINE, Nvme, command

RANGES, BATCH, BATCHES = 256, 60, 160
RANGE = 16  # bytes


def prepare(vm):
    return Nvme(vm)


def trims(vm, nvme, prp1, prp2=0):
    """Are the ranges of many trims kept, which are fetched from there?"""
    one = command(DATASET_MANAGEMENT, prp1=prp1, prp2=prp2, words=(RANGES - 1, DEALLOCATE))
    nvme.qtest.write(nvme.io.sq, one * ENTRIES)
    return is_kept(vm, lambda: nvme.batch(nvme.io, BATCH), BATCHES, BATCH, RANGE * RANGES)


def trigger(vm, nvme):
    # ranges behind the end of the disk are left out: no trim takes long
    nvme.qtest.write(nvme.page, struct.pack('<IIQ', 0, 1, 1 << 40) * RANGES)
    return trims(vm, nvme, nvme.page)


def load(_vm, nvme):
    nvme.write_and_read()
    nvme.qtest.write(nvme.page, struct.pack('<IIQ', 0, 8, 0))
    nvme.do(nvme.io, command(DATASET_MANAGEMENT, prp1=nvme.page, words=(0, DEALLOCATE)))
