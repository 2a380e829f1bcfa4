# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU that belongs to a test: started, asked, ended."""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from lib.qtest import QTest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.append(os.path.join(TOP, 'tests', 'lib'))

import qmp  # pylint: disable=wrong-import-position

START_SECONDS = 20   # from the start of the process to its sockets
ANSWER_SECONDS = 20  # for one QMP command
ALIVE_SECONDS = 10   # a main loop that is silent for so long hangs
RAM = 2 << 20        # where .alloc() starts: above what the firmware's areas take
BARS = 0xe0000000
PORTS = 0xc000


class Setup(Exception):
    """The test can't go on, for a reason that has nothing to do with the fix."""


class Ended(Exception):
    """QEMU has ended or closed the connection."""


class Bump:
    """Hands out ranges of numbers, each at a multiple of its alignment, none twice."""

    def __init__(self, start):
        self.next = start
        self.lock = threading.Lock()

    def take(self, size, align):
        with self.lock:
            at = (self.next + align - 1) // align * align
            self.next = at + size
        return at


class Machine:
    """One process. {dir} in ARGS is its private folder, where its sockets are: qmp, qtest, and
    sandbox-sock<pid>. ENV is added to the environment. DEFAULTS: with QEMU's default devices.
    OPEN_FILES: how many files it may have open."""

    def __init__(self, qemu, args, accel='qtest', env=None, defaults=False, open_files=None):
        self.dir = tempfile.mkdtemp(prefix='lp.')
        self.qtest = self.qmp = None
        self.qmp_lock = threading.RLock()
        self._ram, self._bars, self._ports = Bump(RAM), Bump(BARS), Bump(PORTS)
        line = [qemu, '-L', os.path.join(TOP, 'build', 'guest', 'firmware'),
                '-qmp', f'unix:{self.dir}/qmp,server=on,wait=off', '-monitor', 'none']
        if not defaults:
            line.append('-nodefaults')
        if not {'-display', '-vnc'} & set(args):
            line += ['-display', 'none']
        if accel == 'qtest':
            line += ['-accel', 'qtest', '-qtest-log', 'none',
                     '-qtest', f'unix:{self.dir}/qtest,server=on,wait=off']
        else:  # two views of TCG's code: nothing is ever writable and executable at once
            line += ['-accel', 'tcg,split-wx=on']
        line += [arg.replace('{dir}', self.dir) for arg in args]
        if open_files:
            line[:0] = ['prlimit', f'--nofile={open_files}', '--']
        try:
            self._start(line, env or {}, accel)
        except BaseException:
            self.close()
            raise

    def _start(self, line, env, accel):
        self.process = None
        with open(os.path.join(self.dir, 'stderr'), 'wb') as log:
            try:
                self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                    line, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={**os.environ, 'SANDBOX_DIR': self.dir, **env})
            except OSError as e:
                raise Setup(f"cannot start '{line[0]}': {e.strerror}") from e
        self.pid = self.process.pid
        self.qmp = self.connect('qmp', lambda path: qmp.Qmp(path, START_SECONDS))
        if accel == 'qtest':
            self.qtest = self.connect('qtest', lambda path: QTest(path, Setup, Ended))

    def wait_path(self, name, seconds=START_SECONDS):
        """Until NAME is in .dir; its path."""
        path = os.path.join(self.dir, name)
        end = time.monotonic() + seconds
        while not os.path.exists(path):
            if self.process.poll() is not None:
                raise Setup(f'QEMU ended at its start: {self.stderr()}')
            if time.monotonic() > end:
                raise Setup(f"no '{name}' within {seconds} s")
            time.sleep(0.01)
        return path

    def connect(self, name, to, seconds=START_SECONDS):
        """What TO(path) returns for the socket NAME, which is there before somebody listens."""
        path = self.wait_path(name, seconds)
        end = time.monotonic() + seconds
        while True:
            try:
                return to(path)
            except ConnectionError as e:
                if self.exit_status(0.01) is not None:
                    raise Setup(f'QEMU ended at its start: {self.stderr()}') from e
                if time.monotonic() > end:
                    raise Setup(f"cannot connect to '{name}': {e.strerror}") from e

    def stderr(self):
        """The last line that QEMU wrote."""
        with open(os.path.join(self.dir, 'stderr'), encoding='utf-8', errors='replace') as f:
            return (f.read().strip().split('\n') or [''])[-1]

    def ask(self, name, arguments, seconds=ANSWER_SECONDS):
        """QMP's whole answer, which may be an error."""
        with self.qmp_lock:
            self.qmp.deadline = time.monotonic() + seconds
            try:
                return self.qmp.command(name, arguments)
            except TimeoutError as e:
                raise TimeoutError(f"QMP: no answer to '{name}' within {seconds} s") from e
            except OSError as e:
                raise Ended(f'QMP: {e}') from e

    def command(self, name, **arguments):
        """What QMP returns; an _ in an argument's name is a -."""
        answer = self.ask(name, {key.replace('_', '-'): value for key, value in arguments.items()})
        if 'error' in answer:
            raise Setup(f"QMP: '{name}': {answer['error']['desc']}")
        return answer['return']

    def hmp(self, line):
        return self.command('human-monitor-command', command_line=line)

    def answers(self):
        """Does the main loop still work?"""
        try:
            return 'return' in self.ask('query-status', None, ALIVE_SECONDS)
        except (TimeoutError, Ended):
            return False

    def exit_status(self, seconds):
        """What QEMU ended with, None when it has not within SECONDS."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def alloc(self, size, align=16):
        """An address in the guest's RAM."""
        return self._ram.take(size, align)

    def map_bar(self, size):
        """A guest-physical address for SIZE bytes of a PCI device, aligned as BARs are."""
        return self._bars.take(size, max(size, 4096))

    def map_io(self, size):
        return self._ports.take(size, max(size, 16))

    def close(self):
        for connection in (self.qtest, self.qmp):
            if connection:
                connection.sock.close()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
