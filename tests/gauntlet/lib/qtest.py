# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's qtest protocol: a guest without a processor, whose accesses we make ourselves."""
import socket
import threading

SECONDS = 20  # for one command


class QTest:
    """One connection. `lock` is held for each command; who needs several commands in a row, without
    those of another thread between them, holds it, too. SETUP and ENDED are the exceptions for a
    refused command and for a closed connection."""

    def __init__(self, path, setup, ended):
        self.lock = threading.RLock()
        self.setup, self.ended = setup, ended
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(path)
        self.buf = b''

    def _line(self, what):
        while b'\n' not in self.buf:
            try:
                more = self.sock.recv(1 << 16)
            except TimeoutError as e:
                raise TimeoutError(f"qtest: no answer to '{what[:60]}' within {SECONDS} s") from e
            except OSError as e:
                raise self.ended(f'qtest: {e.strerror}') from e
            if not more:
                raise self.ended(f"qtest: the connection ended at '{what[:60]}'")
            self.buf += more
        line, self.buf = self.buf.split(b'\n', 1)
        return line.decode().split()

    def command(self, line):
        """The words behind OK."""
        with self.lock:
            try:
                self.sock.sendall(line.encode() + b'\n')
            except TimeoutError as e:
                raise TimeoutError(f"qtest: '{line[:60]}' is not taken") from e
            except OSError as e:
                raise self.ended(f'qtest: {e.strerror}') from e
            while True:
                words = self._line(line)
                if words[:1] == ['IRQ']:
                    continue
                if words[:1] != ['OK']:
                    raise self.setup(f"qtest: '{line[:60]}': {' '.join(words)}")
                return words[1:]

    def _get(self, name, at):
        return int(self.command(f'{name} {at:#x}')[0], 16)

    def _put(self, name, at, value):
        self.command(f'{name} {at:#x} {value:#x}')

    def inb(self, port):
        return self._get('inb', port)

    def inw(self, port):
        return self._get('inw', port)

    def inl(self, port):
        return self._get('inl', port)

    def outb(self, port, value):
        self._put('outb', port, value)

    def outw(self, port, value):
        self._put('outw', port, value)

    def outl(self, port, value):
        self._put('outl', port, value)

    def readb(self, at):
        return self._get('readb', at)

    def readw(self, at):
        return self._get('readw', at)

    def readl(self, at):
        return self._get('readl', at)

    def readq(self, at):
        return self._get('readq', at)

    def writeb(self, at, value):
        self._put('writeb', at, value)

    def writew(self, at, value):
        self._put('writew', at, value)

    def writel(self, at, value):
        self._put('writel', at, value)

    def writeq(self, at, value):
        self._put('writeq', at, value)

    def read(self, at, size):
        """SIZE bytes of guest memory."""
        return bytes.fromhex(self.command(f'read {at:#x} {size:#x}')[0][2:]) if size else b''

    def write(self, at, data):
        if data:
            self.command(f'write {at:#x} {len(data):#x} 0x{bytes(data).hex()}')

    def step(self, ns=None):
        """Lets NS of the guest's time go by; without NS, up to the next timer."""
        self.command('clock_step' if ns is None else f'clock_step {ns}')
