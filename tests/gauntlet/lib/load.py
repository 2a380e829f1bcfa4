# SPDX-License-Identifier: GPL-2.0-or-later
"""Ordinary use of a machine, round after round, in a thread of its own."""
import threading
import time

from lib.pci import functions

SECONDS = 30  # for a round


class LoadFailed(Exception):
    pass


def idle_guest(vm, _):
    """The load of who brings none: the machine's own code is busy, no device in particular."""
    if vm.qtest:
        for one in functions(vm):
            for off in range(0, 64, 4):
                one.cfg_readl(off)
    else:
        vm.command('query-status')


class Load:
    """Runs ROUND() until it is stopped. `rounds` counts those that are done."""

    def __init__(self, one_round):
        self.rounds, self.error = 0, None
        self._round = one_round
        self._changed = threading.Condition()
        self._wanted, self._at_rest = 'run', False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while self._go_on():
                self._round()
                with self._changed:
                    self.rounds += 1
                    self._changed.notify_all()
        except Exception as e:  # pylint: disable=broad-except # told by check(), to who waits
            with self._changed:
                self.error = e
                self._changed.notify_all()

    def _go_on(self):
        with self._changed:
            while self._wanted == 'rest':
                self._at_rest = True
                self._changed.notify_all()
                self._changed.wait()
            self._at_rest = False
            return self._wanted == 'run'

    def check(self):
        if self.error is not None:
            raise LoadFailed(f'{type(self.error).__name__}: {self.error}') from self.error

    def _until(self, is_true, what):
        end = time.monotonic() + SECONDS
        with self._changed:
            while not is_true() and self.error is None:
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() > end:
                    raise LoadFailed(f'{what} within {SECONDS} s')
        self.check()

    def more(self, rounds=2):
        """Waits until it has done so many more; by two, one of them has begun after this call."""
        goal = self.rounds + rounds
        self._until(lambda: self.rounds >= goal, 'no round ends')

    def rest(self):
        """Returns when no round runs; none begins before resume()."""
        with self._changed:
            self._wanted = 'rest'
        self._until(lambda: self._at_rest, 'a round does not end')

    def resume(self):
        with self._changed:
            self._wanted = 'run'
            self._changed.notify_all()

    def stop(self):
        """Without waiting: the machine may hang, and its end ends the round."""
        with self._changed:
            self._wanted = 'end'
            self._changed.notify_all()
