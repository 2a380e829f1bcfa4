# SPDX-License-Identifier: GPL-2.0-or-later
"""Tries a live patch on running QEMUs: without it the bug must show, with it it must not, and once
it is out again nothing of it may be left."""
import functools
import hashlib
import importlib
import os
import signal
import sys

from fixes import ADAPTED
from lib.load import Load, LoadFailed, idle_guest
from lib.machine import TOP, Ended, Machine, Setup
from lib.patch import Code, NotDone, Patches

DEFAULT_MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64']}
GONE = (Ended, TimeoutError, ConnectionError)  # what a bug looks like from outside


class Failed(Exception):
    """Which step, and why."""


class Default:
    """Stands for the script of a fix that has none."""
    MACHINE = DEFAULT_MACHINE

    @staticmethod
    def prepare(_):
        return None


def script_path(folder, name):
    """What is written for the fix NAME in FOLDER/reproduce or FOLDER/exercise; None: nothing is. A
    fix with an author's additions has the script of the one without them, if it has none."""
    paths = [os.path.join(folder, kind, one.replace('-', '_') + '.py')
             for one in (name, name.removesuffix(ADAPTED)) for kind in ('reproduce', 'exercise')]
    return next((path for path in paths if os.path.exists(path)), None)


def script_of(folder, name):
    """(kind, module)"""
    path = script_path(folder, name)
    if not path:
        return 'none', Default
    folder, file = os.path.split(path)
    sys.path.insert(0, folder)
    return os.path.basename(folder), importlib.import_module(file[:-3])


@functools.lru_cache(maxsize=None)
def content(path, _size, _written):
    """The checksum of a file as it was then: QEMU has 55 MB, and each result hangs on it."""
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def sha256(path):
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return None
    return content(path, stat.st_size, stat.st_mtime_ns)


def sources(scripts):
    """The files of the tests that this process runs."""
    folders = tuple(os.path.abspath(one) + os.sep for one in (os.path.join(TOP, 'tests'), scripts))
    paths = [getattr(module, '__file__', None) or '' for module in list(sys.modules.values())]
    found = map(os.path.abspath, filter(None, paths))
    return sorted(path for path in found if path.startswith(folders))


def step(name, call, *args):
    """What CALL returns; Failed, which names the step, when it can't do it."""
    try:
        return call(*args)
    except (Setup, NotDone, LoadFailed, OSError, *GONE) as e:
        raise Failed(f"{name}: {str(e) or type(e).__name__}") from e


def how_it_ended(vm, error):
    status = vm.exit_status(3)
    if status is None:
        return f'QEMU hangs ({error})' if not vm.answers() else str(error)
    last = vm.stderr()
    with_what = signal.Signals(-status).name if status < 0 else f'exit code {status}'
    return f'QEMU ended with {with_what}' + (f': {last}' if last else '')


def trigger(vm, module, state):
    """(is it fixed, what is seen)"""
    try:
        return module.trigger(vm, state)
    except GONE as e:
        return False, how_it_ended(vm, e)


def unpatched(qemu, module, raxlpxs, base):
    """What the bug looks like. BASE: the payload without which there is no such bug, or None."""
    with step('unpatched', lambda: Machine(qemu, **module.MACHINE)) as vm:
        if base:
            step('unpatched, base', lambda: Patches(vm, raxlpxs).apply(base))
        state = step('unpatched, prepare', module.prepare, vm)
        fixed, text = step('unpatched, trigger', trigger, vm, module, state)
    if fixed:
        raise Failed(f'unpatched: the bug does not show: {text}')
    return text


class Patched:
    """The second process: under load, patched twice, left as it was."""

    def __init__(self, vm, module, raxlpxs, payload):
        self.vm, self.module, self.payload = vm, module, payload
        self.patches = step('sandbox', Patches, vm, raxlpxs)
        self.state = step('prepare', module.prepare, vm)
        self.code = step('code', Code, vm.pid)
        one_round = getattr(module, 'load', idle_guest)
        self.load = Load(lambda: one_round(vm, self.state))

    def alive(self, where):
        step(f'{where}, load', self.load.more)
        if not self.vm.answers():
            raise Failed(f'{where}: QMP does not answer')

    def apply(self, where):
        name = step(where, self.patches.apply, self.payload)
        if not step(where, self.code.changes):
            raise Failed(f'{where}: the code is the same as before')
        self.alive(f'{where}, afterwards')
        return name

    @staticmethod
    def same(where, changes):
        left = step(where, changes)
        if left:
            raise Failed(f'{where}: the code is not as it was: ' +
                         ' '.join(f'{at:#x}+{size}' for at, size in left[:4]))

    def remove(self, where, name):
        is_kept = step(where, self.patches.remove, name)
        if is_kept:
            self.same(where, self.code.changes_outside_room)
            self.alive(f'{where}, while it is kept')
            step(f'{where}, load', self.load.rest)
            step(f'{where}, free', self.patches.free, name)
            self.load.resume()
        self.same(where, self.code.changes)
        if step(where, self.patches.names):
            raise Failed(f'{where}: the patch is still applied')
        self.alive(f'{where}, afterwards')

    def reproduce(self):
        """Beside the load nothing of what the trigger sees would be certain."""
        step('before the trigger, load', self.load.rest)
        fixed, text = step('trigger', trigger, self.vm, self.module, self.state)
        if not fixed:
            raise Failed(f'patched: not fixed: {text}')
        if not self.vm.answers():
            raise Failed('trigger, afterwards: QMP does not answer')
        self.load.resume()
        return text

    def run(self, result):
        self.alive('before')
        name = self.apply('apply')
        if hasattr(self.module, 'trigger'):
            result['after'] = self.reproduce()
        self.remove('remove', name)
        self.remove('second remove', self.apply('second apply'))
        self.load.check()


def patched(qemu, module, raxlpxs, payload, result):
    with step('patched', lambda: Machine(qemu, **module.MACHINE)) as vm:
        one = Patched(vm, module, raxlpxs, payload)
        try:
            one.run(result)
        finally:
            one.load.stop()
            result.update(stop=max(one.patches.stops, default=0), rounds=one.load.rounds)


def live(qemu, raxlpxs, scripts, name, payload_of):
    """The result: `bad` holds a line when something is not as it must be, `files` what it hangs on.
    PAYLOAD_OF(fix) is the path of its live patch."""
    result = {'bad': []}
    result['kind'], module = script_of(scripts, name)
    base = getattr(module, 'BEFORE', None)
    base = base and payload_of(base)
    try:
        if hasattr(module, 'trigger'):
            result['before'] = unpatched(qemu, module, raxlpxs, base)
        patched(qemu, module, raxlpxs, payload_of(name), result)
    except Failed as e:
        result['bad'].append(str(e))
    files = sources(scripts) + [qemu, raxlpxs, payload_of(name)] + ([base] if base else [])
    result['files'] = {path: sha256(path) for path in files}
    return result
