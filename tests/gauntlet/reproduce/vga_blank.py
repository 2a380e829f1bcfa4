# SPDX-License-Identifier: GPL-2.0-or-later
"""A screen that shows the guest's video memory as it is was made black by writing zeroes there:
when the guest ended blanking its picture was gone."""
import os

from lib.pci import Pci

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-device', 'VGA,id=vga-blank']}
VGA = 0x1234, 0x1111
DISPI_INDEX, DISPI_DATA = 0x1ce, 0x1cf
WIDTH, HEIGHT, DEPTH, ENABLE = 1, 2, 3, 4
LINEAR = 0x41
ATTRIBUTE, SHOW = 0x3c0, 0x20
MISCELLANEOUS, COLOUR, INPUT_STATUS = 0x3c2, 1, 0x3da  # the last one is there with COLOUR
PIXELS = 320, 200
ROW = b'\x5a' * (4 * PIXELS[0])


def prepare(vm):
    pci = Pci(vm, *VGA, name='vga-blank')
    pci.enable()
    return pci.bar(0)


def set_mode(vm):
    """32 bits a pixel, which the host can show without converting them."""
    vm.qtest.outb(MISCELLANEOUS, COLOUR)
    for register, value in ((ENABLE, 0), (WIDTH, PIXELS[0]), (HEIGHT, PIXELS[1]), (DEPTH, 32),
                            (ENABLE, LINEAR)):
        vm.qtest.outw(DISPI_INDEX, register)
        vm.qtest.outw(DISPI_DATA, value)


def attribute(vm, value):
    vm.qtest.inb(INPUT_STATUS)  # the next write is an index, whose bit 5 lets the picture through
    vm.qtest.outb(ATTRIBUTE, value)


def draw(vm):
    """The display is brought up to date."""
    vm.command('screendump', filename=os.path.join(vm.dir, 'vga-blank.ppm'), device='vga-blank')


def blank(vm, memory):
    """Shows a picture and makes the screen black: is the picture still in video memory?"""
    with vm.qtest.lock:
        set_mode(vm)
        attribute(vm, SHOW)
        vm.qtest.write(memory, ROW)
        draw(vm)
        attribute(vm, 0)
        draw(vm)
        there = vm.qtest.read(memory, len(ROW)) == ROW
        attribute(vm, SHOW)
        draw(vm)
    return there


def trigger(vm, memory):
    there = blank(vm, memory)
    return there, f'the picture is {"still" if there else "no longer"} in video memory'


def load(vm, memory):
    blank(vm, memory)
