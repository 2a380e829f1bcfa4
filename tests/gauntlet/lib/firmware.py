# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests of a few instructions: tests/gauntlet/guest/NAME.S, run by the emulated processor in place
of a firmware, ordered about through the first serial port."""
import os
import socket
import subprocess
import tempfile

from lib.machine import TOP, Ended, Setup

SOURCES = os.path.join(TOP, 'tests', 'gauntlet', 'guest')
ROMS = os.path.join(TOP, 'build', 'gauntlet', 'guest')
SIZE = 1 << 16
SECONDS = 20


def rom(name):
    """The path of the ROM that NAME.S makes."""
    source, made = os.path.join(SOURCES, name + '.S'), os.path.join(ROMS, name + '.rom')
    newest = max(one.stat().st_mtime for one in os.scandir(SOURCES))  # one includes another
    if os.path.exists(made) and os.stat(made).st_mtime >= newest:
        return made
    os.makedirs(ROMS, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROMS) as folder:
        obj, out = os.path.join(folder, 'o'), os.path.join(folder, 'rom')
        for line in (['gcc', '-m32', '-c', '-o', obj, source],
                     ['ld', '-m', 'elf_i386', '-Ttext', '0', '-e', '0', '--oformat', 'binary',
                      '-o', out, obj]):
            done = subprocess.run(line, stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                raise Setup(f"'{name}.S': {done.stderr.strip()}")
        if os.path.getsize(out) != SIZE:
            raise Setup(f"'{name}.S' makes a ROM of {os.path.getsize(out)} bytes, not {SIZE}")
        os.replace(out, made)  # whole, for others who want it, too
    return made


def args(name):
    """The options that run it."""
    return ['-bios', rom(name), '-chardev', 'socket,id=orders,path={dir}/orders,server=on,wait=off',
            '-serial', 'chardev:orders']


class Guest:
    """The line to the guest: one byte there, one byte back."""

    def __init__(self, vm):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(vm.wait_path('orders'))

    def order(self, byte):
        try:
            self.sock.sendall(byte)
            answer = self.sock.recv(1)
        except TimeoutError as e:
            raise TimeoutError(f'the guest does not answer within {SECONDS} s') from e
        except OSError as e:
            raise Ended(f'serial port: {e.strerror}') from e
        if not answer:
            raise Ended('the serial port was closed')
        return answer
