# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC client that has no extended clipboard gives an empty text, and another one asks for it.

Before the fix an empty text is "available" although there is none, so QEMU asks its owner, whose
function for that is a NULL pointer: the process ends. With the fix nothing is available."""
from lib import rfb

import vnc  # pylint: disable=wrong-import-order

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-vnc', 'unix:{dir}/vnc']}


def prepare(vm):
    return rfb.Pair(vm)


def load(_, pair):
    pair.carry()


def trigger(vm, pair):
    with rfb.CLIPBOARD:
        plain = rfb.Client(vm)
        try:
            return empty_text(plain, pair)
        finally:
            plain.close()


def empty_text(plain, pair):
    pair.reader.heard()
    plain.plain_text(b'')
    pair.reader.wait_for(vnc.NOTIFY)
    pair.reader.clipboard(vnc.REQUEST | vnc.TEXT)
    pair.reader.heard()
    # Else the clipboard would be left to a client that is gone, which 7.2 does not notice.
    pair.owner.clipboard(vnc.NOTIFY | vnc.TEXT)
    pair.owner.heard()
    return True, 'nobody is asked for the text that is not there'
