# SPDX-License-Identifier: GPL-2.0-or-later
"""Live patches of a running machine, through raxlpxs, and the machine's code as it is in memory."""
import hashlib
import json
import subprocess

from lib.machine import Setup  # puts tests/lib into the path

import procmem

WAIT_SECONDS = 30  # for a safe moment


class NotDone(Exception):
    """raxlpxs did not do what it was told."""


class Patches:
    """What raxlpxs does with VM, waiting for a safe moment up to WAIT seconds. `stops` are the longest
    standstills of its changes, in us."""

    def __init__(self, vm, raxlpxs, wait=WAIT_SECONDS):
        self.raxlpxs, self.stops, self.wait = raxlpxs, [], wait
        self.socket = vm.wait_path(f'sandbox-sock{vm.pid}')

    def tell(self, *args):
        """What raxlpxs answers to these arguments; NotDone when its exit code is not 0."""
        line = [self.raxlpxs, '--socket', self.socket, '--json', '--wait', str(self.wait), *args]
        try:
            done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=self.wait + 20, check=False)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise NotDone(f"cannot run '{self.raxlpxs}': {e}") from e
        try:
            answer = json.loads(done.stdout)
        except ValueError as e:
            said = (done.stdout + done.stderr)[-300:]
            raise NotDone(f'exit code {done.returncode}: {said}') from e
        if done.returncode:
            raise NotDone(f"exit code {done.returncode}: {answer['error']['message']}")
        return answer

    def change(self, *args):
        answer = self.tell(*args)
        if answer['already']:
            raise NotDone(f"it says 'already {answer['result']}'")
        self.stops.append(max(answer['stopped-us'], answer['longest-stop-us']))
        return answer

    def apply(self, payload):
        """The name of the patch."""
        return self.change('--apply', payload)['patch']['name']

    def replace(self, payload):
        return self.change('--replace', payload)['patch']['name']

    def remove(self, name):
        """Is its code kept, as pointers to it may be left? (`pins-patch`; docs/states.md, KEPT)"""
        return self.change('--remove', name)['patch']['state'] == 'KEPT'

    def free(self, name):
        """Frees what remove() has kept; the caller knows that nobody will call it."""
        self.change('--remove', name, '--force')

    def names(self):
        """Those that are applied, oldest first."""
        patches = self.tell('--list')['patches']
        return [patch['name'] for patch in patches if patch['state'] == 'APPLIED']


class Code:
    """The executable's code in memory, the room of patches included, as it is now."""

    def __init__(self, pid):
        self.pid, self.parts = pid, procmem.code(pid)

    def sha256(self):
        return hashlib.sha256(b''.join(data for _, data in self.parts)).hexdigest()

    def _runs(self):
        """(address, size, the bytes that were there) of what differs now."""
        now = procmem.code(self.pid)
        if [(at, len(data)) for at, data in now] != [(at, len(data)) for at, data in self.parts]:
            return [(now[0][0], 0, b'the whole mapping')]
        return [(at, size, old[at - base:at - base + size])
                for (base, old), (_, new) in zip(self.parts, now)
                for at, size in procmem.runs(base, old, new)]

    def changes(self):
        """[(address, size)] of what differs now."""
        return [(at, size) for at, size, _ in self._runs()]

    def changes_outside_room(self):
        """The same, but for the room of patches: it was filled with one value."""
        return [(at, size) for at, size, old in self._runs() if len(set(old)) > 1]
