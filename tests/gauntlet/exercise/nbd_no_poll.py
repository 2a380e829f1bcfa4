# SPDX-License-Identifier: GPL-2.0-or-later
"""NBD from both sides: clients shake hands with QEMU's server, and QEMU with a server of ours. The
handshake that changes is the one by TLS, which this QEMU is built without."""
import os
import socket
import struct
import threading

from lib.blocks import remove
from lib.nbd import ACK, HAVE_OPTION, MAGIC, OPTION_REPLY, SECONDS, visit

MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}
FIXED_NEWSTYLE, GO, INFO, EXPORT = 1, 7, 3, 0
UNSUPPORTED = 1 << 31 | 1
SIZE = 1 << 20


class Handshake(threading.Thread):
    """Serves one client up to the end of its handshake."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(SECONDS)

    def run(self):
        sock, _ = self.listener.accept()
        self.listener.close()
        sock.settimeout(SECONDS)
        with sock, sock.makefile('rb') as requests:
            sock.sendall(MAGIC + HAVE_OPTION + struct.pack('>H', FIXED_NEWSTYLE))
            requests.read(4)
            option = None
            while option != GO:
                head = requests.read(16)
                if len(head) < 16:
                    return
                option, size = struct.unpack('>8xII', head)
                requests.read(size)
                if option == GO:
                    info = struct.pack('>HQH', EXPORT, SIZE, 1)
                    sock.sendall(struct.pack('>QIII', OPTION_REPLY, option, INFO, len(info)) + info)
                kind = ACK if option == GO else UNSUPPORTED
                sock.sendall(struct.pack('>QIII', OPTION_REPLY, option, kind, 0))
            requests.read()  # up to its disconnect


def prepare(_vm):
    return None


def load(vm, _state):
    visit(vm)
    path = os.path.join(vm.dir, 'no-poll')
    server = Handshake(path)
    server.start()
    vm.command('blockdev-add', driver='nbd', node_name='no-poll',
               server={'type': 'unix', 'path': path})
    remove(vm, 'no-poll')
    server.join(SECONDS)
    os.unlink(path)
