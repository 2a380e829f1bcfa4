# SPDX-License-Identifier: GPL-2.0-or-later
"""With doorbells in memory, the controller has to say after each completion queue entry up to
where it has seen the queue's head. It never wrote that."""
from lib.nvme import MACHINE, Nvme

CQ1 = 12            # where the event index of the I/O completion queue is
NEVER = 0xffffffff  # no queue is so long


def prepare(vm):
    nvme = Nvme(vm)
    return nvme, nvme.shadow_doorbells()


def trigger(vm, state):
    nvme, events = state
    vm.qtest.writel(events + CQ1, NEVER)
    nvme.write_and_read()
    index = vm.qtest.readl(events + CQ1)
    return index != NEVER, f'the event index of the completion queue is {index:#x}'


def load(_vm, state):
    state[0].write_and_read()
