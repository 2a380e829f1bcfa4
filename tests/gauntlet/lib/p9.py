# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of 9P2000.L over virtio, as far as the tests need it (the protocol as diod's protocol.md
has it; errno values are Linux's)."""
import os
import struct

from lib.machine import Setup
from lib.virtio import Virtio

DEVICE_ID = 0x1049
RLERROR, TLOPEN, TGETATTR, TREADDIR, TUNLINKAT = 7, 12, 24, 40, 76
TVERSION, TATTACH, TWALK, TREAD, TCLUNK = 100, 104, 110, 116, 120
NOTAG, NOFID = 0xffff, 0xffffffff
ROOT = 0         # the fid of the folder that is exported
O_RDONLY, O_DIRECTORY = 0, 0o200000
BASIC = 0x7ff    # the attributes that stat() gives
MSIZE = 8192
HEADER = struct.Struct('<IBH')
MACHINE = {'accel': 'qtest', 'args': [
    '-M', 'pc', '-m', '64', '-fsdev', 'local,id=export,path={dir},security_model=none',
    '-device', 'virtio-9p-pci,id=p9,fsdev=export,mount_tag=export,disable-legacy=on']}


class Refused(Setup):
    """Rlerror: the server said no. Where nobody expects it, the test can't go on."""

    def __init__(self, kind, number):
        super().__init__(f'9p: request {kind} is answered with {os.strerror(number)}')
        self.errno = number


def string(text):
    data = text.encode()
    return struct.pack('<H', len(data)) + data


class P9(Virtio):
    """A connection to the device of MACHINE, whose fid ROOT is the exported folder: the machine's
    own. Other fids are numbers that the caller chooses."""

    def __init__(self, vm):
        super().__init__(vm, DEVICE_ID, name='p9')
        self.negotiate()
        self.setup_queue(0)
        self.start()
        self.call(TVERSION, struct.pack('<I', MSIZE) + string('9P2000.L'), NOTAG)
        self.call(TATTACH, struct.pack('<II', ROOT, NOFID) + string('') + string('/') +
                  struct.pack('<I', os.getuid()))

    def export(self, name, content):
        """Writes the file NAME, on the host's side."""
        with open(os.path.join(self.vm.dir, name), 'wb') as f:
            f.write(content)

    def call(self, kind, body, tag=1):
        """The body of the answer; Refused when it is an error."""
        message = HEADER.pack(HEADER.size + len(body), kind, tag) + body
        answer = self.request(0, [message, MSIZE])[1][0]
        size, got, _ = HEADER.unpack_from(answer)
        body = answer[HEADER.size:size]
        if got == RLERROR:
            raise Refused(kind, *struct.unpack_from('<I', body))
        if got != kind + 1:
            raise Setup(f'9p: request {kind} is answered by a message of type {got}')
        return body

    def walk(self, fid, *names):
        """FID becomes what NAMES lead to from the root; a copy of it without NAMES."""
        self.call(TWALK, struct.pack('<IIH', ROOT, fid, len(names)) + b''.join(map(string, names)))

    def open(self, fid, flags=O_RDONLY):
        self.call(TLOPEN, struct.pack('<II', fid, flags))

    def clunk(self, fid):
        self.call(TCLUNK, struct.pack('<I', fid))

    def unlink(self, name):
        self.call(TUNLINKAT, struct.pack('<I', ROOT) + string(name) + struct.pack('<I', 0))

    def read(self, fid, offset, count):
        return self.call(TREAD, struct.pack('<IQI', fid, offset, count))[4:]

    def size(self, fid):
        """What Tgetattr says: after valid[8] qid[13] mode[4] uid[4] gid[4] nlink[8] rdev[8]."""
        return struct.unpack_from('<Q', self.call(TGETATTR, struct.pack('<IQ', fid, BASIC)), 49)[0]

    def list(self, fid):
        """The names in the open folder FID, by as many Treaddir as it takes."""
        names, offset = [], 0
        while True:
            data = self.call(TREADDIR, struct.pack('<IQI', fid, offset, MSIZE - 24))[4:]
            if not data:
                return names
            at = 0
            while at < len(data):  # qid[13] offset[8] type[1] name[s]
                offset, _, length = struct.unpack_from('<QBH', data, at + 13)
                names.append(data[at + 24:at + 24 + length].decode())
                at += 24 + length

    def browse(self, name, content, fid):
        """One round of ordinary use, by the spare FID: lists the folder, reads the file NAME."""
        self.walk(fid)
        self.open(fid, O_DIRECTORY)
        names = self.list(fid)
        self.clunk(fid)
        self.walk(fid, name)
        self.open(fid)
        size, got = self.size(fid), self.read(fid, 0, MSIZE - 24)
        self.clunk(fid)
        if name not in names or size != len(content) or got != content:
            raise Setup(f"9p: '{name}' is not as it was written: {size} bytes, {got!r}, in {names}")
