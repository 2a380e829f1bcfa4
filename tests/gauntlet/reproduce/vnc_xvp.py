# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC client that may not do so tells the server to shut the guest down.

Before the fix the number of the right, 13, is taken for its bit: whoever has one of the features 0,
2 and 3 has the right, and Hextile is feature 2. With the fix the server ends the connection. The
order to shut down has no answer. An unknown order behind it has one, if it is looked at."""
from lib import rfb
from lib.machine import Ended, Setup

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-vnc', 'unix:{dir}/vnc']}

XVP, VERSION = 250, 1
FAIL, SHUTDOWN, UNKNOWN = 0, 2, 99


def prepare(vm):
    return rfb.Client(vm)


def load(_, client):
    client.heard()


def trigger(vm, _):
    client = rfb.Client(vm)
    try:
        client.encodings(rfb.HEXTILE)
        for order in (SHUTDOWN, UNKNOWN):
            client.send('>BxBB', XVP, VERSION, order)
        message = client.read('>BxBB')
    except Ended:
        if not vm.answers():
            raise
        return True, 'the server sends the client away'
    finally:
        client.close()
    if message != (XVP, VERSION, FAIL):
        raise Setup(f'VNC: unexpected message {message}')
    return False, 'the server shuts the guest down'
