# SPDX-License-Identifier: GPL-2.0-or-later
"""The owner of VNC's clipboard sends a text with bytes behind the end of the compressed stream.

Before the fix QEMU's main loop goes on to inflate them for ever. With it the text is taken and
the rest ignored."""
from lib import rfb

import vnc  # pylint: disable=wrong-import-order

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-vnc', 'unix:{dir}/vnc']}

TEXT = 'what comes before the end'


def prepare(vm):
    return rfb.Pair(vm)


def load(_, pair):
    pair.carry()


def trigger(vm, pair):
    with rfb.CLIPBOARD:
        pair.offer(rfb.packed(TEXT) + b'and what comes behind it')
        if not vm.answers():
            return False, 'the main loop hangs'
        got = vnc.unpacked(pair.reader.wait_for(vnc.PROVIDE))
    return got == TEXT, f"the other client got '{got}'"
