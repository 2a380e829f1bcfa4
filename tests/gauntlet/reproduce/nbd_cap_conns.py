# SPDX-License-Identifier: GPL-2.0-or-later
"""An NBD server is started without a word about how many clients it may have; 101 come.

Before the fix all of them are served, and as many as there are file descriptors. With it the 101st
waits until another one leaves. Both ways to start a server are tried: QMP and the monitor."""
from lib import nbd

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}

LIMIT = 100
SILENCE_SECONDS = 0.5  # for a greeting that would have been sent before


def prepare(_):
    return None


def load(vm, _):
    nbd.visit(vm)


def crowd(server):
    """How many of LIMIT + 1 clients are greeted, and how many when one of them has left."""
    clients, before, after = [], 0, 0
    try:
        for _ in range(LIMIT):
            clients.append(server.client())
            before += clients[-1].greeted()
        clients.append(server.client())
        server.settle()
        before += clients[-1].greeted(SILENCE_SECONDS)
        if before == LIMIT:
            clients.pop(0).leave()
            after = clients[-1].greeted()
    finally:
        for client in clients:
            client.leave()
    return before, before + after


def trigger(vm, _):
    for way, by_hmp in (('QMP', False), ('the monitor', True)):
        with nbd.Server(vm, by_hmp) as server:
            before, after = crowd(server)
        if (before, after) != (LIMIT, LIMIT + 1):
            return False, f'{before} clients at once when {way} started the server, {after} in all'
    return True, f'{LIMIT} clients are served, the next one when one of them has left'
