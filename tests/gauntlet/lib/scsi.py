# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI commands to what hangs on a virtio-scsi controller (virtio 1.1, 5.6)."""
import struct

from lib.virtio import Virtio

DEVICE_ID = 0x1048
CONTROL, EVENT, REQUEST = range(3)  # its queues
CDB_SIZE, SENSE_SIZE = 32, 96       # what the device starts with
RESPONSE_SIZE = 12 + SENSE_SIZE

TEST_UNIT_READY, FORMAT_UNIT, INQUIRY, MODE_SELECT = 0x00, 0x04, 0x12, 0x15
GOOD, CHECK_CONDITION = 0, 2


class Answer:
    """RESPONSE is virtio's (0: the command reached the unit), STATUS SCSI's."""

    def __init__(self, response, status, sense, data):
        self.response, self.status, self.sense, self.data = response, status, sense, data

    def good(self):
        return self.response == 0 and self.status == GOOD


class VirtioScsi:
    """The NTH such controller of a machine, or the one whose id= is NAME."""

    def __init__(self, vm, nth=0, name=None):
        self.device = Virtio(vm, DEVICE_ID, nth=nth, name=name)
        self.tag = 0
        self._start()

    def _start(self):
        self.device.negotiate()
        for queue in (CONTROL, EVENT, REQUEST):
            self.device.setup_queue(queue)
        self.device.start()

    def reset(self):
        """The controller and its units."""
        with self.device.qtest.lock:
            self.device.reset()
            self._start()

    def _head(self, cdb, target, lun):
        self.tag += 1
        # a single level LUN structure (5.6.6.1); the attribute SIMPLE, no priority, no CRN
        return struct.pack('>BBH4xQ3x', 1, target, 0x4000 | lun, self.tag) + \
            bytes(cdb).ljust(CDB_SIZE, b'\0')

    @staticmethod
    def _answer(written):
        sense, _, _, status, response = struct.unpack_from('<IIHBB', written[0])
        return Answer(response, status, written[0][12:12 + sense], b''.join(written[1:]))

    def command(self, cdb, out=b'', size=0, target=0, lun=0):
        """Sends CDB with the data OUT, or with room for SIZE bytes of an answer."""
        with self.device.qtest.lock:
            head = self._head(cdb, target, lun)
            buffers = [part for part in (head, out, RESPONSE_SIZE, size) if part]
            return self._answer(self.device.request(REQUEST, buffers)[1])

    def commands(self, cdbs, target=0, lun=0):
        """Sends CDBS without data, all told of by one notification: their answers."""
        with self.device.qtest.lock:
            heads = [self.device.add(REQUEST, [self._head(cdb, target, lun), RESPONSE_SIZE])
                     for cdb in cdbs]
            self.device.kick(REQUEST)
            done = [self.device.used(REQUEST) for _ in heads]
        if None in done:
            raise TimeoutError('virtio-scsi: a command is not answered')
        of = {head: self._answer(written) for head, _, written in done}
        return [of[head] for head in heads]
