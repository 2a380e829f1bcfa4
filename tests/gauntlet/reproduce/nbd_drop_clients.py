# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of the NBD server that stay: one when the server is stopped, one that never negotiates.

Before the fix the first one keeps its connection, and when it leaves, QEMU counts it down in a
server that is freed: the process ends. The second one is never sent away. With the fix both
connections are ended, that of the second one after 10 seconds."""
from lib import nbd
from lib.machine import Setup

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}

STOP_SECONDS = 2
HANDSHAKE_SECONDS = 10 + 10  # what the fix gives a client, and as much for a slow machine


def prepare(_):
    return None


def load(vm, _):
    nbd.visit(vm)


def greeted(server):
    client = server.client()
    if not client.greeted():
        raise Setup('NBD: a client is not greeted')
    return client


def trigger(vm, _):
    with nbd.Server(vm) as server:
        client = greeted(server)
    dropped = client.dropped(STOP_SECONDS)
    client.leave()
    server.settle()
    if not dropped:
        return False, 'a client outlives the server'
    with nbd.Server(vm) as server:
        client = greeted(server)
        dropped = client.dropped(HANDSHAKE_SECONDS)
        client.leave()
    if not dropped:
        return False, f'a client that does not negotiate is still there after {HANDSHAKE_SECONDS} s'
    return True, 'clients are sent away: when the server stops, and when they do not negotiate'
