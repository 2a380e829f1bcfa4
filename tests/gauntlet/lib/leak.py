# SPDX-License-Identifier: GPL-2.0-or-later
"""Does a process keep memory for each of many rounds of something?"""


def resident(pid):
    """Bytes of memory of its own that the process has."""
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith('RssAnon:'))


def is_kept(vm, one_step, steps, rounds, size):
    """(fixed, text) of a leak of SIZE bytes a round. ONE_STEP() does ROUNDS rounds. A first half of
    STEPS uses up what is free and lets go what is no longer needed; the second is looked at."""
    for _ in range(steps // 2):
        one_step()
    before = resident(vm.pid)
    for _ in range(steps // 2):
        one_step()
    grown, count = max(0, resident(vm.pid) - before), steps // 2 * rounds
    return grown < count * size // 4, f'{grown >> 10} KiB more after {count} rounds'
