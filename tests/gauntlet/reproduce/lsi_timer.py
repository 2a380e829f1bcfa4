# SPDX-License-Identifier: GPL-2.0-or-later
"""A script that waits for a place in memory to change: before the fix it was ended by an unexpected
disconnect after 10000 instructions. Now it pauses, and when its timer goes off it sees the change."""
import struct

import lsi_reentrancy
from lsi_reentrancy import DSTAT, INTERRUPT, SCRIPT_INTERRUPT, SIST0, UNEXPECTED_DISCONNECT, Lsi

MACHINE = lsi_reentrancy.MACHINE
load = lsi_reentrancy.load
JUMP = 0x80080000
PAUSE_NS = 2000000


def prepare(vm):
    return Lsi(vm)


def trigger(vm, lsi):
    with vm.qtest.lock:
        lsi.reset()
        lsi.run(JUMP, lsi.script)
        cut = lsi.get(SIST0) & UNEXPECTED_DISCONNECT
        vm.qtest.write(lsi.script, struct.pack('<II', INTERRUPT, 0))
        vm.qtest.step(PAUSE_NS)
        ended = lsi.get(DSTAT) & SCRIPT_INTERRUPT
        lsi.reset()
    return bool(ended and not cut), f"the script is {'cut' if cut else 'not cut'}, " \
        f"and {'ends' if ended else 'does not end'} by itself"
