# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of QEMU's NBD server, after the NBD protocol's "fixed newstyle negotiation"."""
import os
import socket
import struct
import threading

from lib.machine import Ended, Setup

MAGIC, HAVE_OPTION, OPTION_REPLY = b'NBDMAGIC', b'IHAVEOPT', 0x3e889045565a9
FIXED_NEWSTYLE, LIST, GO, ACK, ERROR = 1, 3, 7, 1, 1 << 31
SECONDS = 10

# There is one NBD server in a machine: whoever starts it holds this until it is stopped.
SERVER = threading.RLock()


class Client:
    """A connection that was made, and which the server need not have accepted."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(path)
        self.buf = b''

    def _read(self, n):
        while len(self.buf) < n:
            try:
                more = self.sock.recv(4096)
            except TimeoutError as e:
                raise TimeoutError('NBD: no answer') from e
            except OSError as e:
                raise Ended(f'NBD: {e.strerror}') from e
            if not more:
                raise Ended('NBD: the connection ended')
            self.buf += more
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def _unpack(self, form):
        return struct.unpack(form, self._read(struct.calcsize(form)))

    def greeted(self, seconds=SECONDS):
        """Does the server greet this client within SECONDS?"""
        self.sock.settimeout(seconds)
        try:
            magic, option, _ = self._unpack('>8s8sH')
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(SECONDS)
        if (magic, option) != (MAGIC, HAVE_OPTION):
            raise Setup('NBD: not the greeting of a server')
        return True

    def exports(self):
        """Answers the greeting and asks for the list of exports: how many there are."""
        self.sock.sendall(struct.pack('>I8sII', FIXED_NEWSTYLE, HAVE_OPTION, LIST, 0))
        return self._replies()

    def choose(self, export):
        """Behind exports(): ends the negotiation with EXPORT, bytes."""
        self.sock.sendall(struct.pack('>8sIII', HAVE_OPTION, GO, 4 + len(export) + 2, len(export)) +
                          export + bytes(2))
        self._replies()

    def _replies(self):
        """How many the server sends to an option, in front of the last one."""
        for number in range(1000):
            magic, _, kind, size = self._unpack('>QIII')
            if magic != OPTION_REPLY or size > 1 << 16 or kind & ERROR:
                raise Setup('NBD: not the reply of a server')
            self._read(size)
            if kind == ACK:
                return number
        raise Setup('NBD: the replies to an option do not end')

    def dropped(self, seconds):
        """Does the server end the connection within SECONDS?"""
        self.sock.settimeout(seconds)
        try:
            while self.sock.recv(4096):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def leave(self):
        """Ends the connection, and waits until the server has done so, too: it has forgotten this
        client by then."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server was first
        if not self.dropped(SECONDS):
            raise TimeoutError('NBD: the server does not notice that a client has left')
        self.sock.close()


class Server:
    """The server of a machine on a unix socket, without a limit that we name. As a context: it is
    stopped at the end. An unpatched QEMU must not be told to stop it while there are clients."""

    def __init__(self, vm, by_hmp=False):
        self.vm, self.by_hmp = vm, by_hmp
        self.path = os.path.join(vm.dir, 'nbd')

    def __enter__(self):
        SERVER.acquire()
        try:
            if self.by_hmp:
                said = self.vm.hmp(f'nbd_server_start unix:{self.path}')
                if said.strip():
                    raise Setup(f'nbd_server_start: {said.strip()}')
            else:
                self.vm.command('nbd-server-start',
                                addr={'type': 'unix', 'data': {'path': self.path}})
        except BaseException:
            SERVER.release()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.stop()
        finally:
            SERVER.release()

    def stop(self):
        self.vm.command('nbd-server-stop')

    def client(self):
        # twice in many runs it was not there yet when QEMU had answered; why is not known
        return self.vm.connect('nbd', Client)

    def settle(self):
        """The server has accepted whom it accepts: each command takes a round of the main loop."""
        for _ in range(10):
            self.vm.command('query-status')


def visit(vm):
    """A round of ordinary use."""
    with Server(vm) as server:
        client = server.client()
        if not client.greeted():
            raise TimeoutError('NBD: the server does not greet')
        client.exports()
        client.leave()
