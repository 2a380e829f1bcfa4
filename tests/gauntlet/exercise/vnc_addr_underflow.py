# SPDX-License-Identifier: GPL-2.0-or-later
"""VNC clients come and go. Its addresses are looked at before the guest starts, never again."""
from lib.rfb import Client

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none', '-vnc', 'unix:{dir}/vnc']}


def prepare(_vm):
    return None


def load(vm, _state):
    Client(vm).close()
