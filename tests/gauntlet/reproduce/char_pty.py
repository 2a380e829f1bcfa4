# SPDX-License-Identifier: GPL-2.0-or-later
"""A pty's other side has just been opened, and the guest writes a byte.

Before the fix QEMU looks once a second only whether somebody is there, and a byte that comes before
that is lost. The fix looks when there is something to write, too: each byte arrives."""
import os
import select
import threading
import tty

from lib.machine import Setup
from lib.pci import Pci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-chardev', 'pty,id=terminal',
                    '-device', 'pci-serial,chardev=terminal']}

SERIAL = 0x1b36, 0x0002
TIMES = 5           # once a second QEMU looks by chance just when we come, but not always
ARRIVE_SECONDS = 2  # a byte needs microseconds
LOAD, PROBE = b'.', b'A'


class Terminal:
    def __init__(self, vm):
        self.vm, self.lock = vm, threading.Lock()
        serial = Pci(vm, *SERIAL)
        serial.enable()
        self.port = serial.bar(0)
        files = {one['label']: one['filename'] for one in vm.command('query-chardev')}
        if not files['terminal'].startswith('pty:'):
            raise Setup(f"the chardev is no pty but '{files['terminal']}'")
        self.path = files['terminal'][len('pty:'):]

    def write(self, byte):
        self.vm.qtest.outb(self.port, byte[0])

    def arrives(self):
        """Opens the other side: does what the guest writes right then get there?"""
        side = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(side)
            self.write(PROBE)
            return bool(select.select([side], [], [], ARRIVE_SECONDS)[0]) and \
                PROBE in os.read(side, 64)
        finally:
            os.close(side)

    def settle(self):
        """QEMU has noticed that the other side is closed: a command takes a round of its loop."""
        for _ in range(3):
            self.vm.command('query-status')


def prepare(vm):
    return Terminal(vm)


def load(_, terminal):
    """Nobody listens: the byte goes nowhere, which is right."""
    with terminal.lock:
        terminal.write(LOAD)


def trigger(_, terminal):
    with terminal.lock:
        for number in range(1, TIMES + 1):
            terminal.settle()
            if not terminal.arrives():
                return False, f'byte {number} of {TIMES}, written after an open, is lost'
    return True, f'{TIMES} of {TIMES} bytes written after an open arrive'
