# SPDX-License-Identifier: GPL-2.0-or-later
"""When the guest set a mode of ramfb before the last one had been shown, that picture was lost,
with what it held: here the only buffer that QEMU has for pictures outside of memory. The next
one that needs it ended QEMU."""
import os
import struct

from lib.fwcfg import FwCfg

MACHINE = {'accel': 'qtest', 'args': ['-M', 'pc', '-m', '64', '-device', 'ramfb,id=ramfb-leak']}
NOWHERE = 0x80000000  # no memory is there
FIRST, SECOND, THIRD = (16, 16), (64, 32), (32, 16)  # width and height
XR24 = int.from_bytes(b'XR24', 'little')


def prepare(vm):
    config = FwCfg(vm)
    return config, config.find('etc/ramfb'), vm.alloc(4 * SECOND[0] * SECOND[1], 4096)


def set_mode(state, memory, size):
    config, selector, _ = state
    config.write(selector, struct.pack('>QIIIII', memory, XR24, 0, *size, 4 * size[0]))


def shown(vm):
    """Width and height of the picture, which is brought up to date."""
    path = os.path.join(vm.dir, 'ramfb-leak.ppm')
    vm.command('screendump', filename=path, device='ramfb-leak')
    with open(path, 'rb') as f:
        return tuple(int(word) for word in f.read(64).split()[1:3])


def trigger(vm, state):
    memory = state[2]
    set_mode(state, NOWHERE, FIRST)
    set_mode(state, memory, SECOND)  # in place of the first one, which nobody saw
    set_mode(state, NOWHERE, THIRD)  # the buffer is needed again
    size = shown(vm)
    set_mode(state, memory, SECOND)
    shown(vm)
    return size == THIRD, f'a picture of {size[0]}x{size[1]} is shown, the last one is of ' \
                          f'{THIRD[0]}x{THIRD[1]}'


def load(vm, state):
    for size in (FIRST, SECOND, THIRD):
        set_mode(state, state[2], size)
    shown(vm)
