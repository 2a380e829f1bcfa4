# SPDX-License-Identifier: GPL-2.0-or-later
"""A PC with a Linux that ticks ten times a second, and the patches that come and go in it."""
import os
import subprocess

from lib.machine import TOP, Machine, Setup
from lib.patch import Code, NotDone, Patches

import ticks

BOOT_SECONDS = 120
TICK_SECONDS = 20
GUEST = os.path.join(TOP, 'build', 'guest')
LINUX = ['-M', 'pc', '-m', '256', '-smp', '2', '-no-reboot',
         '-kernel', os.path.join(GUEST, 'kernel'), '-initrd', os.path.join(GUEST, 'initrd.gz'),
         '-append', 'console=ttyS0 quiet panic=-1',
         '-chardev', 'socket,id=ticks,path={dir}/ticks,server=on,wait=off',
         '-serial', 'chardev:ticks']


class Guest:
    """It runs when the constructor returns. Ticks are lost when QEMU loses what the guest wrote."""

    def __init__(self, qemu, raxlpxs, devices, log):
        if os.path.exists(log):
            os.remove(log)
        self.log = log
        self.vm = Machine(qemu, LINUX + devices, accel='tcg')
        self.watcher = None
        try:
            self.watcher = subprocess.Popen(  # pylint: disable=consider-using-with
                [os.path.join(TOP, 'tests', 'lib', 'ticks.py'), 'watch',
                 os.path.join(self.vm.dir, 'ticks'), log])
            self.tick(20, BOOT_SECONDS)
            self.patches = Patches(self.vm, raxlpxs)
            self.code = Code(self.vm.pid)
        except BaseException:
            self.close()
            raise

    def tick(self, n=5, seconds=TICK_SECONDS):
        if ticks.wait(self.log, n, seconds):
            raise Setup(f'the guest does not tick {n} times in {seconds} s')

    def lost(self):
        """Ticks that are missing in the log so far."""
        numbers = [tick[1] for tick in ticks.read(self.log)[0]]
        return sum(b - a - 1 for a, b in zip(numbers, numbers[1:]))

    def longest_gap(self):
        """In ms of the guest's clock."""
        times = [tick[2] for tick in ticks.read(self.log)[0]]
        return round(1000 * max(b - a for a, b in zip(times, times[1:])))

    def close(self):
        if self.watcher:
            self.watcher.kill()
            self.watcher.wait()
        self.vm.close()


def listed(patches):
    """[(name, state)] as --list has them."""
    return [(one['name'], one['state']) for one in patches.tell('--list')['patches']]


def free_kept(patches):
    """Takes away what a removal has left because somebody may have a pointer to it. Nobody has: the
    devices have rested since."""
    for name, state in listed(patches):
        if state == 'KEPT':
            patches.tell('--remove', name, '--force')


class Run:
    """The points, and what was measured."""

    def __init__(self, tap, guest, all_of_them, stack, names):
        self.tap, self.guest, self.patches = tap, guest, guest.patches
        self.all, self.stack, self.names = all_of_them, stack, names
        self.figures = {}

    def stopped(self, what):
        """The standstills since the last call are of WHAT."""
        self.figures[what] = self.patches.stops
        self.patches.stops = []

    def alive(self):
        if not self.guest.vm.answers():
            return ['QMP does not answer']
        self.guest.tick()
        return [f'{self.guest.lost()} ticks are lost'] if self.guest.lost() else []

    def applied(self, names):
        """In this order, from the bottom up; nothing else is."""
        got = self.patches.names()
        info = self.patches.tell('--info')['info']
        bad = [] if got == names else [f"--list has {' '.join(got)}"]
        if info['applied'] != len(names):
            bad.append(f"--info counts {info['applied']} applied")
        return bad

    def as_before(self):
        """Nothing is applied, there or kept, and the code is what it was."""
        left = self.guest.code.changes_outside_room()
        free_kept(self.patches)
        left = left or self.guest.code.changes()
        return [f'{at:#x}+{size} differs' for at, size in left] + \
            [f'{name} is there: {state}' for name, state in listed(self.patches)]

    def cumulative(self):
        name = 'all'
        self.tap.point('one payload of all is applied', self.call, self.patches.apply, self.all)
        self.tap.point('it is listed', self.applied, [name])
        self.tap.point('the guest ticks on', self.alive)
        self.tap.point('it is removed', self.call, self.patches.remove, name)
        self.tap.point('the code is as before', self.as_before)
        self.tap.point('the guest ticks on', self.alive)
        self.stopped('one payload of all, in and out')

    @staticmethod
    def call(call, *args):
        call(*args)

    def up(self):
        for path in self.stack:
            self.patches.apply(path)

    def down(self):
        for name in reversed(self.names):
            self.patches.remove(name)

    def whole_stack(self):
        self.tap.point(f'{len(self.stack)} payloads are applied, each on top of the others',
                       self.up)
        self.stopped('each of the stack, in')
        self.tap.point('they are listed in this order', self.applied, self.names)
        self.figures['room'] = self.patches.tell('--info')['info']
        self.tap.point('the guest ticks on', self.alive)

    def run(self):
        self.cumulative()
        self.whole_stack()
        self.tap.point('they are removed from the top down', self.down)
        self.stopped('each of the stack, out')
        self.tap.point('the code is as before', self.as_before)
        self.tap.point('the guest ticks on', self.alive)
        self.whole_stack()
        self.tap.point('the one payload replaces the stack', self.call, self.patches.replace,
                       self.all)
        self.stopped('one payload of all, in place of the stack')
        self.tap.point('it alone is applied', self.applied, ['all'])
        self.tap.point('the guest ticks on', self.alive)
        self.tap.point('it is removed', self.call, self.patches.remove, 'all')
        self.tap.point('and what it has replaced', self.forget_all)
        self.tap.point('the code is as before', self.as_before)
        self.tap.point('the guest ticks on', self.alive)
        self.figures['gap'] = self.guest.longest_gap()

    def forget_all(self):
        """They are not applied any more; what uses another one goes before it."""
        for name in reversed(self.names):
            self.patches.tell('--remove', name)
