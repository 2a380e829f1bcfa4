# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver that wants the largest MTU, 9000 bytes: before the fix an assertion ends QEMU;
afterwards a frame of that size goes out."""
from lib import vmxnet3
from lib.machine import Setup
from lib.net import IPV4, UDP, ethernet, ipv4, udp
from lib.vmxnet3 import Vmxnet3

MACHINE = vmxnet3.MACHINE
USUAL, LARGEST = 1500, 9000
HEADERS = 20 + 8


def prepare(vm):
    return Vmxnet3(vm)


def send_largest(nic, mtu):
    """A frame that is as large as MTU, and what of it arrives."""
    frame = ethernet(IPV4, ipv4(UDP, udp(bytes(mtu - HEADERS))))
    nic.activate(mtu)
    got = nic.send(frame)
    nic.quiesce()
    return frame, got


def trigger(_vm, nic):
    frame, got = send_largest(nic, LARGEST)
    return got == frame, f'active with MTU {LARGEST}, a frame of {len(got or "")} bytes arrived'


def load(_vm, nic):
    frame, got = send_largest(nic, USUAL)
    if got != frame:
        raise Setup('vmxnet3: another frame than that which was sent')
