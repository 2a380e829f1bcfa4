# SPDX-License-Identifier: GPL-2.0-or-later
"""Sound is recorded and played. The overflow would be seen after more than three hours of a
stream, a thousand timer ticks a second: too long for a test."""
import struct

from lib.pci import Pci

MACHINE = {'accel': 'qtest',
           'args': ['-M', 'pc', '-m', '64', '-audiodev', 'none,id=hda-mul',
                    '-device', 'intel-hda,id=hda-mul',
                    '-device', 'hda-duplex,bus=hda-mul.0,audiodev=hda-mul']}
INTEL_HDA = 0x8086, 0x2668
GLOBAL_CONTROL, COMMAND, COMMAND_STATUS = 0x08, 0x60, 0x68
INPUT, OUTPUT = 0x80, 0x100  # registers of the first stream of each kind
CONTROL, LENGTH, LAST, LIST, LIST_HIGH = 0x00, 0x08, 0x0c, 0x18, 0x1c
RUN = 2
SET_FORMAT, SET_STREAM = 0x2, 0x706
DAC, ADC = 2, 4             # widgets
FORMAT = 1 << 4 | 1         # 48,000 samples a second of 16 bits, in stereo
BUFFER = 65536
ROUND_NS = 20000000


class Controller:
    def __init__(self, vm):
        pci = Pci(vm, *INTEL_HDA, name='hda-mul')
        pci.enable()
        self.qtest, self.base = vm.qtest, pci.bar(0)
        self.list = vm.alloc(32, 128)
        vm.qtest.write(self.list, struct.pack('<QII', vm.alloc(BUFFER), BUFFER // 2, 0) * 2)
        self.set(GLOBAL_CONTROL, 1)

    def set(self, register, value):
        self.qtest.writel(self.base + register, value)

    def command(self, widget, verb, value):
        self.set(COMMAND, widget << 20 | verb << (8 if verb > 15 else 16) | value)
        self.qtest.writew(self.base + COMMAND_STATUS, 1)

    def start(self, stream, widget):
        """The stream and the widget at one of its ends, as number 1."""
        for register, value in ((CONTROL, 0), (LIST, self.list), (LIST_HIGH, 0), (LENGTH, BUFFER),
                                (LAST, 1)):
            self.set(stream + register, value)
        self.command(widget, SET_STREAM, 1 << 4)
        self.command(widget, SET_FORMAT, FORMAT)
        self.set(stream + CONTROL, 1 << 20 | RUN)

    def stop(self, stream):
        self.set(stream + CONTROL, 0)


def prepare(vm):
    return Controller(vm)


def load(vm, hda):
    with vm.qtest.lock:
        for stream, widget in ((INPUT, ADC), (OUTPUT, DAC)):
            hda.start(stream, widget)
            vm.qtest.step(ROUND_NS)
            hda.stop(stream)
