# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a process keeps memory for each of many rounds of something."""


def resident(pid):
    """Bytes of memory of its own that the process has."""
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith('RssAnon:'))


def is_kept(vm, rounds, size):
    """(fixed, text) of a leak of SIZE bytes a round. ROUNDS does several, one at each step; those of
    its first step may leave memory that is used again."""
    next(rounds)
    before, count = resident(vm.pid), sum(rounds)
    grown = resident(vm.pid) - before
    return grown < count * size // 4, f'{grown >> 10} KiB more after {count} rounds'
