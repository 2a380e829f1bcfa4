#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC client that speaks the extended clipboard, as far as the tests need it.

usage: vnc.py [-t SECONDS] SOCKET hello       handshake only; prints size and name
       vnc.py [-t SECONDS] SOCKET inflate     sends clipboard data with bytes behind the end
                                              of its zlib stream (CVE-2023-3255)
       vnc.py [-t SECONDS] SOCKET clipboard   carries a text from one client to another

Exit status: 0 the server answered (and the text arrived), 1 wrong answer, 2 no such socket or
the connection ended, 3 the server went silent for SECONDS (default 5).

Messages after RFC 6143 (RFB 3.8) and the "Extended Clipboard" pseudo-encoding.
"""
import argparse
import socket
import struct
import sys
import time
import zlib

EXTENDED_CLIPBOARD = 0xC0A1E5CE
SERVER_CUT_TEXT, CLIENT_SET_ENCODINGS, CLIENT_CUT_TEXT = 3, 2, 6
TEXT = 1 << 0
CAPS, REQUEST, NOTIFY, PROVIDE = 1 << 24, 1 << 25, 1 << 27, 1 << 28
ACTIONS = 0xff << 24

DONE, WRONG, GONE, SILENT = 0, 1, 2, 3


class WrongAnswer(Exception):
    pass


class Vnc:
    """One client; every read ends when the time given to the constructor is over."""

    def __init__(self, path, seconds):
        self.deadline = time.monotonic() + seconds
        self.sock = socket.socket(socket.AF_UNIX)
        self._limit()
        self.sock.connect(path)
        self._handshake()

    def _limit(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)

    def _read(self, n):
        data = b''
        while len(data) < n:
            self._limit()
            more = self.sock.recv(n - len(data))
            if not more:
                raise ConnectionError('VNC connection ended')
            data += more
        return data

    def _unpack(self, form):
        return struct.unpack(form, self._read(struct.calcsize(form)))

    def send(self, form, *values):
        self._limit()
        self.sock.sendall(struct.pack(form, *values))

    def _handshake(self):
        if self._read(4) != b'RFB ':
            raise WrongAnswer('not a VNC server')
        self._read(8)
        self.sock.sendall(b'RFB 003.008\n')
        types = self._read(self._unpack('>B')[0])
        if 1 not in types:
            raise WrongAnswer('the server wants a password')
        self.send('>B', 1)
        if self._unpack('>I')[0] != 0:
            raise WrongAnswer('the server refused us')
        self.send('>B', 1)  # share the desktop with other clients
        self.width, self.height, _, n = self._unpack('>HH16sI')
        self.name = self._read(n).decode(errors='replace')

    def announce(self):
        """Tells the server of the extended clipboard; it answers with its capabilities."""
        self.send('>BxHiI', CLIENT_SET_ENCODINGS, 2, 0, EXTENDED_CLIPBOARD)

    def negotiate(self):
        """Announces the extended clipboard; returns when the server has told its capabilities.
        Saying it again is also a way to see that the server has worked off all before it."""
        self.announce()
        self.wait_for(CAPS)

    def clipboard(self, flags, data=b''):
        self.send(f'>Bxxxi I{len(data)}s', CLIENT_CUT_TEXT, -(4 + len(data)), flags, data)

    def clipboard_message(self):
        """The next message of the server: its action and formats, 0 for plain text, and its data."""
        kind = self._unpack('>B')[0]
        if kind != SERVER_CUT_TEXT:
            raise WrongAnswer(f'unexpected message {kind} from the server')
        n = self._unpack('>xxxi')[0]
        body = self._read(abs(n))
        if n >= 0 or len(body) < 4:
            return 0, body
        return struct.unpack('>I', body[:4])[0], body[4:]

    def wait_for(self, action):
        """Reads server messages up to a clipboard message of that kind; returns its data."""
        while True:
            flags, data = self.clipboard_message()
            if flags & ACTIONS & action:
                return data


def packed(text):
    """The text as the clipboard carries it: length, bytes, NUL, all of it deflated."""
    raw = text.encode() + b'\0'
    return zlib.compress(struct.pack('>I', len(raw)) + raw)


def unpacked(data):
    return zlib.decompressobj().decompress(data)[4:].rstrip(b'\0').decode(errors='replace')


def offer(owner, reader, data):
    """OWNER says that it has a text, READER asks for it, OWNER sends DATA."""
    owner.clipboard(NOTIFY | TEXT)
    reader.wait_for(NOTIFY)
    reader.clipboard(REQUEST | TEXT)
    owner.wait_for(REQUEST)
    owner.clipboard(PROVIDE | TEXT, data)


def inflate(path, seconds):
    c = Vnc(path, seconds)
    c.negotiate()
    c.clipboard(NOTIFY | TEXT)  # "I own the clipboard", else what we provide is ignored
    c.clipboard(PROVIDE | TEXT, packed('abc') + b'bytes behind the end')
    c.negotiate()
    print('the server worked off the message')


def clipboard(path, seconds):
    text = 'carried by a patched server'
    owner, reader = Vnc(path, seconds), Vnc(path, seconds)
    owner.negotiate()
    reader.negotiate()
    offer(owner, reader, packed(text))
    got = unpacked(reader.wait_for(PROVIDE))
    if got != text:
        raise WrongAnswer(f'the clipboard holds {got!r}')
    print('the text arrived')


def hello(path, seconds):
    c = Vnc(path, seconds)
    print(f'{c.width}x{c.height} {c.name}')


def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('-t', type=float, default=5, metavar='SECONDS')
    ap.add_argument('socket')
    ap.add_argument('verb', choices=['hello', 'inflate', 'clipboard'])
    o = ap.parse_args()
    try:
        {'hello': hello, 'inflate': inflate, 'clipboard': clipboard}[o.verb](o.socket, o.t)
    except TimeoutError:
        print(f'vnc: the server went silent for {o.t:g} s', file=sys.stderr)
        return SILENT
    except OSError as e:
        print(f'vnc: {e}', file=sys.stderr)
        return GONE
    except (WrongAnswer, zlib.error) as e:
        print(f'vnc: {e}', file=sys.stderr)
        return WRONG
    return DONE


if __name__ == '__main__':
    sys.exit(main())
