# SPDX-License-Identifier: GPL-2.0-or-later
"""The card lets pixman copy rectangles, and pixman says no to those of 8 bits a pixel: before the fix
nothing was copied. Now the card does what pixman can't."""
from lib.machine import Setup
from lib.pci import Pci

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-device', 'ati-vga,id=ati,romfile=']}
RAGE128_PF = 0x1002, 0x5046
DST_OFFSET, DST_PITCH, SRC_Y_X, DST_Y_X, DST_HEIGHT_WIDTH = 0x1404, 0x1408, 0x1434, 0x1438, 0x143c
CONTROL, COLOUR, SRC_OFFSET, SRC_PITCH, DIRECTION = 0x146c, 0x147c, 0x15ac, 0x15b0, 0x16c0
OWN_PITCHES = 3                            # in CONTROL: not the default ones
BITS_8, BITS_32 = 2 << 8, 6 << 8
COPY, FILL = 0xcc << 16, 0xf0 << 16
RIGHT_DOWN, LEFT_UP = 3, 0                 # in DIRECTION: which pixel is the first one
WIDTH, HEIGHT = 64, 4                      # of both areas, which are behind each other
SOURCE, TARGET = 1 << 20, 2 << 20          # in the card's memory


class Ati:
    """The card's registers and its memory."""

    def __init__(self, vm):
        pci = Pci(vm, *RAGE128_PF)
        self.qtest, self.memory, self.registers = vm.qtest, pci.bar(0), pci.bar(2)
        pci.enable()

    def set(self, register, value):
        self.qtest.writel(self.registers + register, value)

    def draw(self, what, bits, direction=RIGHT_DOWN):
        """All of the target; from the last pixel on, if it is drawn to the left and upwards."""
        first = 0 if direction == RIGHT_DOWN else (HEIGHT - 1) << 16 | (WIDTH - 1)
        self.set(CONTROL, OWN_PITCHES | bits | what)
        self.set(DIRECTION, direction)
        for offset, pitch, at in ((SRC_OFFSET, SRC_PITCH, SOURCE), (DST_OFFSET, DST_PITCH, TARGET)):
            self.set(offset, at)
            self.set(pitch, WIDTH // 8)
        self.set(SRC_Y_X, first)
        self.set(DST_Y_X, first)
        self.set(DST_HEIGHT_WIDTH, HEIGHT << 16 | WIDTH)

    def copies(self, bits, bytes_a_pixel, direction=RIGHT_DOWN):
        """Is the target like the source after a copy?"""
        size = WIDTH * HEIGHT * bytes_a_pixel
        with self.qtest.lock:
            data = bytes(n * 7 & 0xff for n in range(1, size + 1))
            self.qtest.write(self.memory + SOURCE, data)
            self.qtest.write(self.memory + TARGET, bytes(size))
            self.draw(COPY, bits, direction)
            return self.qtest.read(self.memory + TARGET, size) == data


def prepare(vm):
    return Ati(vm)


def trigger(_vm, ati):
    done = [ati.copies(BITS_8, 1, direction) for direction in (RIGHT_DOWN, LEFT_UP)]
    return all(done), f'copied with 8 bits a pixel: downwards {done[0]}, upwards {done[1]}'


def load(_vm, ati):
    """What pixman can do: copies and fills with 32 bits a pixel."""
    if not ati.copies(BITS_32, 4) or not ati.copies(BITS_32, 4, LEFT_UP):
        raise Setup('the card does not copy')
    with ati.qtest.lock:
        ati.set(COLOUR, 0x12345678)
        ati.draw(FILL, BITS_32)
        if ati.qtest.read(ati.memory + TARGET, 4) != b'\x78\x56\x34\x12':
            raise Setup('the card does not fill')
