# SPDX-License-Identifier: GPL-2.0-or-later
"""The owner of VNC's clipboard sends a text in a stream that is complete but has no end mark.

7.2.0 takes it. The first fix of the endless loop throws it away; the second one takes it again. So
the bug is seen in a QEMU with the first fix only."""
import zlib

from lib import rfb

import vnc  # pylint: disable=wrong-import-order

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-vnc', 'unix:{dir}/vnc']}

# What an unpatched process has to be patched with before it shows the bug.
BEFORE = 'vnc-inflate-loop'

TEXT = 'flushed, not finished'


def prepare(vm):
    return rfb.Pair(vm)


def load(_, pair):
    pair.carry()


def trigger(_, pair):
    with rfb.CLIPBOARD:
        pair.offer(rfb.packed(TEXT, zlib.Z_SYNC_FLUSH))
        pair.owner.heard()
        texts = [vnc.unpacked(data) for flags, data in pair.reader.heard() if flags & vnc.PROVIDE]
    if texts != [TEXT]:
        return False, f'the other client got {texts}'
    return True, f"the other client got '{TEXT}'"
