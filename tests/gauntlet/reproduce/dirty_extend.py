# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that is removed and added again: each time the bitmaps of its dirty pages were made anew,
and the old ones were lost with what they said. Now they are kept, and used again."""
from lib.leak import is_kept

GIB = 1 << 30
SIZE = 10 * GIB              # nobody touches it; more than what one bitmap is for
BITMAPS = 3 * (8 * GIB >> 12) // 8  # bytes: the three of 8 GiB, a bit for each page
ROUNDS = 40
MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64']}


def add_and_remove(vm, name, size):
    vm.command('object-add', qom_type='memory-backend-ram', id=name, size=size, reserve=False)
    vm.command('object-del', id=name)


def prepare(_vm):
    return None


def trigger(vm, _):
    return is_kept(vm, lambda: add_and_remove(vm, 'dirty-memory', SIZE), ROUNDS, 1, BITMAPS)


def load(vm, _):
    """An extension that fits into the bitmaps that there are."""
    add_and_remove(vm, 'dirty-load', 1 << 20)
