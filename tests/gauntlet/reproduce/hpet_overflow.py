# SPDX-License-Identifier: GPL-2.0-or-later
"""A time that is too far away to be told in nanoseconds lay in the past for the HPET: its interrupt
came at once."""
MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64']}
HPET = 0xfed00000
CONFIGURATION, STATUS, COUNTER = 0x10, 0x20, 0xf0
TIMER0, COMPARATOR0 = 0x100, 0x108
LEVEL, INTERRUPT = 2, 4
NEAR, FAR = 1000, 1 << 60  # ticks of 10 ns; ten times FAR is no signed number of 64 bits
STEP_NS = 1000000


def prepare(_vm):
    return None


def is_pending(vm, ticks):
    """Sets timer 0 to that many ticks and starts to count at 0: has its interrupt come soon?"""
    qtest = vm.qtest
    with qtest.lock:
        qtest.writeq(HPET + CONFIGURATION, 0)
        qtest.writeq(HPET + STATUS, 1)  # cleared by writing it
        qtest.writeq(HPET + COUNTER, 0)
        qtest.writeq(HPET + TIMER0, LEVEL | INTERRUPT)
        qtest.writel(HPET + COMPARATOR0, ticks & 0xffffffff)
        qtest.writel(HPET + COMPARATOR0 + 4, ticks >> 32)
        qtest.writeq(HPET + CONFIGURATION, 1)
        qtest.step(STEP_NS)
        pending = bool(qtest.readl(HPET + STATUS) & 1)
        qtest.writeq(HPET + CONFIGURATION, 0)
    return pending


def trigger(vm, _state):
    pending = is_pending(vm, FAR)
    return not pending, f'interrupt of {FAR:#x} ticks: {"pending" if pending else "not yet"}'


def load(vm, _state):
    is_pending(vm, NEAR)
