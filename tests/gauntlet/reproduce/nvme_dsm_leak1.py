# SPDX-License-Identifier: GPL-2.0-or-later
"""A trim whose ranges could not be fetched, because their address is no valid one, kept the room
for them, up to 4 KiB."""
from lib.nvme import PAGE
from reproduce import nvme_dsm_leak2 as other

MACHINE, prepare, load = other.MACHINE, other.prepare, other.load


def trigger(vm, nvme):
    half = PAGE // 2
    # the second page of what is fetched has to begin at a multiple of its size
    return other.trims(vm, nvme, nvme.page + half, nvme.page + half)
