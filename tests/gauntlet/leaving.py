#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the hooks of two examples do when their patch goes while a device is in the middle of what
only the patch knows. Prints `what: value` lines.

usage: leaving.py QEMU RAXLPXS FOLDER-OF-PAYLOADS
"""
import os
import struct
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(HERE, 'reproduce')]

import lsi_timer  # pylint: disable=wrong-import-position
from lib import nbd  # pylint: disable=wrong-import-position
from lib.machine import Machine  # pylint: disable=wrong-import-position
from lib.patch import Code, NotDone, Patches  # pylint: disable=wrong-import-position
from lsi_reentrancy import (DSTAT, INTERRUPT, SCRIPT_INTERRUPT,  # pylint: disable=wrong-import-position
                            SIST0, UNEXPECTED_DISCONNECT, Lsi)

EXPORT = b'disk'


class Trial:
    """A patch that goes in and out again."""

    def __init__(self, vm, raxlpxs, payload):
        self.vm, self.payload = vm, payload
        self.patches, self.code = Patches(vm, raxlpxs), Code(vm.pid)
        self.name = None

    def apply(self):
        self.name = self.patches.apply(self.payload)

    def remove(self):
        """Also what the removal has kept."""
        if self.patches.remove(self.name):
            self.patches.free(self.name)
        return not self.code.changes() and self.vm.answers()


def timer(trial):
    """Scripts that wait for the timer of the patch."""
    lsi = Lsi(trial.vm)

    def wait():
        lsi.reset()
        lsi.run(lsi_timer.JUMP, lsi.script)
        return not lsi.get(SIST0)

    trial.apply()
    print('a script waits:', wait())
    print('it goes:', trial.remove())
    print('the script is cut, as by the old code:', bool(lsi.get(SIST0) & UNEXPECTED_DISCONNECT))
    trial.apply()
    print('another one waits:', wait())
    trial.vm.qtest.write(lsi.script, struct.pack('<II', INTERRUPT, 0))
    print('it goes again:', trial.remove())
    print('the script has ended by itself:', bool(lsi.get(DSTAT) & SCRIPT_INTERRUPT))
    lsi_timer.load(trial.vm, lsi)


def negotiated(server):
    """A client that has the export."""
    client = server.client()
    client.greeted()
    client.exports()
    client.choose(EXPORT)
    return client


def clients(trial):
    """Clients of all ages when the patch goes, and when the server ends."""
    vm = trial.vm
    vm.command('blockdev-add', driver='null-co', node_name='disk', size=1 << 20)
    with nbd.Server(vm) as server:
        vm.ask('block-export-add', {'type': 'nbd', 'id': 'export', 'node-name': 'disk',
                                    'name': EXPORT.decode()})
        alone = len(os.listdir(f'/proc/{vm.pid}/fd'))
        older = negotiated(server)
        trial.apply()
        newer = negotiated(server)
        print('it goes:', trial.remove())
        newer.leave()
        trial.apply()
        newer, undecided = negotiated(server), server.client()
        undecided.greeted()
        try:
            Patches(vm, trial.patches.raxlpxs, wait=1).remove(trial.name)
        except NotDone as e:
            print('it cannot go during a handshake:', 'nbd_co_client_start' in str(e))
    print('all are sent away:', all(one.dropped(5) for one in (older, newer, undecided)))
    server.settle()
    print('it goes again:', trial.remove())
    print('no descriptor is left:', len(os.listdir(f'/proc/{vm.pid}/fd')) < alone)


def main(qemu, raxlpxs, folder):
    for name, machine, run in (('lsi-timer-adapted', lsi_timer.MACHINE, timer),
                               ('nbd-drop-clients-adapted', {'args': ['-M', 'none']}, clients)):
        with Machine(qemu, **machine) as vm:
            run(Trial(vm, raxlpxs, os.path.join(folder, name, name + '.raxlpxs')))


if __name__ == '__main__':
    main(*sys.argv[1:])
