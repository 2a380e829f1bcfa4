# SPDX-License-Identifier: GPL-2.0-or-later
"""Two fixes of one place in a running QEMU: as a stack, as one payload, in place of others."""
import os
import shutil

from lib.load import Load
from lib.machine import Machine, Setup
from lib.patch import Code, NotDone, Patches
from live import script_of, trigger
from make import Maker
from page import cell, line, put_part

# The second one builds on the first one: on its function, its file, its macros.
STACKS = (('vnc-inflate-loop', 'vnc-inflate-regress'),
          ('vcrypto-free-null', 'vcrypto-srcdst-len'),
          ('nbd-cap-conns', 'nbd-drop-clients-adapted'))

BEGIN = '\n## Two fixes, one on top of the other\n'
TEXT = """
The second fix of each pair changes what the first one has changed, or builds on it. Both go into
one running QEMU, under load, in four ways, and out again: as a stack of two payloads; as one
payload; as the stack and then that one in its place (`raxlpxs --replace`); and as the first one and
then one that was built to replace (`lpbuild --replace`). Each time both bugs are tried and have to
be gone, and afterwards the code in memory has to be byte-identical with what it was. A longest stop
is that of all tries of all changes of one way. `tests/gauntlet/stacks` does this alone.

"""
COLUMNS = ('first', 'second', 'payload bytes: first, second, both', 'longest stop us: stack, one',
           'replaced, built to replace', 'the second bug, with the first fix alone', 'with both')


class Payloads:
    """What lpbuild makes of two fixes. The paths: `lower` and `upper` of the stack, `both` in one,
    and `instead`, which is built to replace whatever is applied."""

    def __init__(self, maker, fixes, names):
        self.maker, self.fixes, self.names = maker, fixes, names
        self.folder = os.path.join(maker.out, 'stacks', names[1])
        self.outcomes = {}

    def args(self):
        """What lpbuild is told about the fixes: a single diff of each, which names its payload."""
        args = []
        for name in self.names:
            told = self.maker.diffs(self.fixes[name])
            paths = [path for option, path in zip(told, told[1:]) if option == '--diff']
            args += ['--diff', self.joined(name, paths), *told[2 * len(paths):]]
        return args

    def joined(self, name, paths):
        os.makedirs(os.path.join(self.folder, 'diffs'), exist_ok=True)
        joined = os.path.join(self.folder, 'diffs', name + '.patch')
        with open(joined, 'wb') as out:
            for path in paths:
                with open(path, 'rb') as f:
                    shutil.copyfileobj(f, out)
        return joined

    def lpbuild(self, form, *options):
        out = os.path.join(self.folder, form)
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        status, _ = self.maker.lpbuild('--out', out, *self.args(), *options, log=out + '.log')
        if status:
            raise Setup(f'lpbuild: exit code {status}, see {out}.log')
        return out

    def made(self, form, folder, name, fixes):
        """Puts down the path of a payload; what its names have too many or too few."""
        outcome = Maker.outcome(folder, name)
        self.outcomes[form] = outcome
        setattr(self, form, os.path.join(folder, name + '.raxlpxs'))
        return [f'{form}: {key}: {outcome[key]}, not {want}' for key in ('changed', 'added', 'data')
                for want in [sorted({n for fix in fixes for n in self.fixes[fix].get(key, [])})]
                if outcome[key] != want]

    def stack(self):
        out = self.lpbuild('stack', '--stack')
        return [line for form, name in zip(('lower', 'upper'), self.names)
                for line in self.made(form, os.path.join(out, name), name, [name])]

    def name(self, form):
        """Of the payload with both fixes."""
        return f'{self.names[1]}-{form}'

    def one(self, form, *options):
        name = self.name(form)
        return self.made(form, self.lpbuild(form, '--name', name, *options), name, self.names)


class Shown:
    """What the triggers of both fixes saw, by what was in the QEMU."""

    def __init__(self, scripts, qemu, raxlpxs, names):
        self.modules = {name: script_of(scripts, name)[1] for name in names}
        self.qemu, self.raxlpxs, self.names, self.texts = qemu, raxlpxs, names, {}
        self.machine = self.modules[names[1]].MACHINE
        if self.modules[names[0]].MACHINE != self.machine:
            raise Setup(f"'{names[0]}' and '{names[1]}' want different machines")

    def bug(self, name, *payloads):
        """A QEMU with PAYLOADS has the bug."""
        with Machine(self.qemu, **self.machine) as vm:
            patches, module = Patches(vm, self.raxlpxs), self.modules[name]
            for payload in payloads:
                patches.apply(payload)
            fixed, text = trigger(vm, module, module.prepare(vm))
        self.texts[name, len(payloads)] = text
        return [f'the bug does not show: {text}'] if fixed else []


class Tower:
    """A QEMU that lives through all of it, under the load of the second fix."""

    def __init__(self, shown):
        self.shown, self.upper = shown, shown.modules[shown.names[1]]
        self.vm = Machine(shown.qemu, **shown.machine)
        try:
            self.patches = Patches(self.vm, shown.raxlpxs)
            self.state = self.upper.prepare(self.vm)
        except BaseException:
            self.vm.close()
            raise
        self.before = {}  # per patch: the code without it
        self.load = Load(lambda: self.upper.load(self.vm, self.state))

    def close(self):
        self.load.stop()
        self.vm.close()

    def fixed(self, *names):
        """What is not. A device belongs to who prepared it last: in the end, to the load."""
        self.load.more()
        self.load.rest()
        bad = []
        for name in names:
            module = self.shown.modules[name]
            fixed, text = trigger(self.vm, module, module.prepare(self.vm))
            self.shown.texts[name, 'fixed'] = text
            if not fixed:
                bad.append(f'{name}: {text}')
        if not bad:
            self.state = self.upper.prepare(self.vm)
            self.load.resume()
            self.load.more()
        return bad

    def apply(self, payload, *fixed):
        code = Code(self.vm.pid)
        self.before[self.patches.apply(payload)] = code
        return self.fixed(*fixed)

    def remove(self, names, *fixed):
        """With them gone the code is as it was before the last of NAMES came."""
        for name in names:
            if self.patches.remove(name):  # what the fix's author says in the data: it may be freed
                self.load.rest()
                self.patches.free(name)
                self.load.resume()
        left = self.before[names[-1]].changes()
        return [f'{at:#x}+{size} is not as it was' for at, size in left[:4]] or self.fixed(*fixed)

    def below(self, name):
        """NAME can't be removed, for there is one on top of it."""
        try:
            self.patches.remove(name)
        except NotDone as e:
            return [] if 'exit code 2' in str(e) else [str(e)]
        return ['it was removed']

    def alone(self, *fixed):
        names = self.patches.names()
        return ([f'applied: {names}'] if len(names) != 1 else []) or self.fixed(*fixed)

    def replace(self, payload, *fixed):
        self.patches.replace(payload)
        return self.alone(*fixed)

    def apply_instead(self, payload, *fixed):
        self.patches.apply(payload)
        return self.alone(*fixed)


class Story:
    """The points of one pair."""

    def __init__(self, tap, payloads, shown):
        self.tap, self.payloads, self.shown = tap, payloads, shown
        self.lower, self.upper = payloads.names
        self.stops = {}

    def steps(self, *steps):
        """Up to the first one that fails, because what follows would fail for that."""
        return all(self.tap.point(f'{self.upper}: {text}', call, *args)
                   for text, call, *args in steps)

    def run(self):
        made, bug = self.payloads, self.shown.bug
        if self.steps(('a stack of two payloads, each with its own names', made.stack),
                      ('one payload, with the names of both', made.one, 'both'),
                      ('one that is built to replace', made.one, 'instead', '--replace')):
            self.steps((f'{self.lower} shows in a QEMU without it', bug, self.lower),
                       (f'the bug shows with {self.lower} alone', bug, self.upper, made.lower))
            self.in_one_qemu()

    def in_one_qemu(self):
        tower = Tower(self.shown)
        try:
            for form in (self.stack, self.both, self.replace, self.instead):
                first = len(tower.patches.stops)
                if not form(tower):
                    break
                self.stops[form.__name__] = max(tower.patches.stops[first:])
        finally:
            tower.close()

    def stack(self, tower):
        made, lower, upper = self.payloads, self.lower, self.upper
        return self.steps(
            ('stack, the first one', tower.apply, made.lower, lower),
            ('stack, the second one on top: both are fixed', tower.apply, made.upper, lower, upper),
            ('stack, the first one has to stay', tower.below, lower),
            ('stack, the second one goes: the code as before it', tower.remove, [upper], lower),
            ('stack, the first one goes: the code as at the start', tower.remove, [lower]))

    def both(self, tower):
        made = self.payloads
        return self.steps(
            ('one payload: both are fixed', tower.apply, made.both, self.lower, self.upper),
            ('one payload, it goes: the code as at the start', tower.remove, [made.name('both')]))

    def replace(self, tower):
        made, lower, upper = self.payloads, self.lower, self.upper
        return self.steps(
            ('replace, the first one', tower.apply, made.lower, lower),
            ('replace, the second one', tower.apply, made.upper, upper),
            ('replace, one in place of the stack: both are fixed', tower.replace, made.both, lower,
             upper),
            ('replace, all go: the code as at the start', tower.remove,
             [made.name('both'), upper, lower]))

    def instead(self, tower):
        made, lower, upper = self.payloads, self.lower, self.upper
        return self.steps(
            ('built to replace, the first one', tower.apply, made.lower, lower),
            ('built to replace, in its place: both are fixed', tower.apply_instead, made.instead,
             lower, upper),
            ('built to replace, both go: the code as at the start', tower.remove,
             [made.name('instead'), lower]))

    def row(self):
        made, texts = self.payloads, self.shown.texts
        sizes = [str(os.path.getsize(path)) for path in (made.lower, made.upper, made.both)]
        stops = [str(self.stops[way]) for way in ('stack', 'both', 'replace', 'instead')]
        return line(self.lower, self.upper, ', '.join(sizes), ', '.join(stops[:2]),
                    ', '.join(stops[2:]), cell(texts[self.upper, 1]),
                    cell(texts[self.upper, 'fixed']))


def write_page(path, stories):
    put_part(path, BEGIN, TEXT + line(*COLUMNS) + '|---' * len(COLUMNS) + '|\n' +
             ''.join(story.row() for story in stories))
