# SPDX-License-Identifier: GPL-2.0-or-later
"""VNC clients of a machine that was started with '-vnc unix:{dir}/vnc'."""
import contextlib
import os
import struct
import threading
import time
import zlib

from lib.machine import Ended, Setup

import vnc  # pylint: disable=wrong-import-order # in tests/lib, where lib.machine looks

HEXTILE, DESKTOP_SIZE = 5, -308
SECONDS = 10  # a server that says nothing for so long hangs

# There is one clipboard in a machine: whoever uses it holds this.
CLIPBOARD = threading.RLock()


@contextlib.contextmanager
def as_machine():
    """The exceptions of a connection become those of a machine."""
    try:
        yield
    except vnc.WrongAnswer as e:
        raise Setup(f'VNC: {e}') from e
    except TimeoutError as e:
        raise TimeoutError(f'VNC: the server is silent for {SECONDS} s') from e
    except OSError as e:
        raise Ended(f'VNC: {e}') from e


class Client(vnc.Vnc):
    """As vnc.Vnc, but the clock starts again with each message."""

    def __init__(self, vm):
        with as_machine():
            super().__init__(os.path.join(vm.dir, 'vnc'), SECONDS)

    def send(self, form, *values):
        self.deadline = time.monotonic() + SECONDS
        with as_machine():
            super().send(form, *values)

    def read(self, form):
        """What the server sends, as values of struct.unpack()."""
        self.deadline = time.monotonic() + SECONDS
        with as_machine():
            return self._unpack(form)

    def clipboard_message(self):
        self.deadline = time.monotonic() + SECONDS
        with as_machine():
            return super().clipboard_message()

    def encodings(self, *numbers):
        self.send(f'>BxH{len(numbers)}i', vnc.CLIENT_SET_ENCODINGS, len(numbers), *numbers)

    def plain_text(self, data):
        """The clipboard message of RFC 6143: this client has the text DATA."""
        self.send(f'>Bxxxi{len(data)}s', vnc.CLIENT_CUT_TEXT, len(data), data)

    def heard(self):
        """The clipboard messages, as (flags, data), that are there for this client. What it has
        sent itself is worked off by then."""
        self.announce()
        messages = []
        while True:
            flags, data = self.clipboard_message()
            if flags & vnc.CAPS:
                return messages
            messages.append((flags, data))

    def close(self):
        self.sock.close()


class Pair:
    """Two clients, of which one asks for what the other one has."""

    def __init__(self, vm):
        self.owner, self.reader = Client(vm), Client(vm)
        self.owner.negotiate()
        self.reader.negotiate()

    def offer(self, data):
        """The reader has asked for the owner's text, and the owner has sent DATA."""
        self.reader.heard()  # what others did with the clipboard
        vnc.offer(self.owner, self.reader, data)

    def carry(self, text='a round of ordinary use'):
        """A text goes from one to the other."""
        with CLIPBOARD:
            self.offer(packed(text))
            got = vnc.unpacked(self.reader.wait_for(vnc.PROVIDE))
        if got != text:
            raise Setup(f'VNC: the clipboard holds {got!r}')


def packed(text, end=zlib.Z_FINISH):
    """TEXT as the clipboard carries it; with Z_SYNC_FLUSH as END the stream is left open."""
    raw = text.encode() + b'\0'
    stream = zlib.compressobj()
    return stream.compress(struct.pack('>I', len(raw)) + raw) + stream.flush(end)
