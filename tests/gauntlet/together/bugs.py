# SPDX-License-Identifier: GPL-2.0-or-later
"""The reproducers of all fixes that a QEMU has at once."""
import importlib
import os
import sys

from lib.machine import Machine, Setup
from lib.patch import Patches
from lib.tap import Skip
from together.merge import Merged

PC = ['-M', 'pc', '-m', '128']
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def scripts(kind, names):
    """{fix: module} of those of NAMES that have a script in reproduce/ or exercise/."""
    folder = os.path.join(FOLDER, kind)
    sys.path.append(folder)
    return {name: importlib.import_module(name.replace('-', '_')) for name in names
            if os.path.exists(os.path.join(folder, name.replace('-', '_') + '.py'))}


class Bugs:
    def __init__(self, tap, qemu, raxlpxs):
        self.tap, self.qemu, self.raxlpxs = tap, qemu, raxlpxs
        self.own, self.shared = 0, 0  # bugs that are gone: on machines of their own, on one

    def starts(self, args):
        """Does QEMU take these devices?"""
        try:
            with Machine(self.qemu, PC + args) as vm:
                return vm.answers()
        except (Setup, OSError):
            return False

    def with_patches(self, module, payloads):
        """PAYLOADS(args) are applied between preparation and trigger."""
        machine = module.MACHINE
        with Machine(self.qemu, **machine) as vm:
            patches = Patches(vm, self.raxlpxs)
            state = module.prepare(vm)
            for path in payloads(machine['args']):
                patches.apply(path)
            bad = check(vm, module, state)
        self.own += not bad
        return bad

    def each(self, modules, what, payloads):
        for name, module in modules.items():
            self.tap.point(f'{name}, with {what}', self.with_patches, module, payloads)

    def on_one(self, modules, what, payloads):
        """All that can on a single machine, one after the other."""
        merged = Merged({name: module.MACHINE for name, module in modules.items()}, self.starts)
        args = PC + merged.args
        with Machine(self.qemu, args) as vm:
            patches = Patches(vm, self.raxlpxs)
            for path in payloads(args):
                patches.apply(path)
            for name in merged.names:
                self.tap.point(f'{name}, with {what}, on the machine of {len(merged.names)}',
                               self.on_this, vm, modules[name])

    def on_this(self, vm, module):
        """A script that can't go on can on its own machine: another device is in its way here, as
        one that can't be migrated."""
        vm.command('system_reset')
        try:
            bad = check(vm, module, module.prepare(vm))
        except Setup as e:
            vm.ask('nbd-server-stop', None)  # which it may have left
            raise Skip(e) from e
        self.shared += not bad
        return bad


def check(vm, module, state):
    fixed, text = module.trigger(vm, state)
    if not fixed:
        return [text]
    return [] if vm.answers() else ['QMP does not answer']
