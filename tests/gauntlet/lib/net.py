# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's end of a guest's network, and frames to send over it."""
import contextlib
import os
import socket
import struct

IPV4, TCP, UDP = 0x0800, 6, 17
BROADCAST = b'\xff' * 6
HOST = b'\x52\x54\x00\x00\x00\x01'
LARGEST = 65535


def netdev(name):
    """QEMU's arguments for a network whose other end is Wire(vm, NAME)."""
    return ['-netdev', f'dgram,id={name},local.type=unix,local.path={{dir}}/{name}.qemu,'
                       f'remote.type=unix,remote.path={{dir}}/{name}.host']


class Wire:
    """One datagram is one frame."""

    def __init__(self, vm, name):
        self.qemu = os.path.join(vm.dir, name + '.qemu')
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        host = os.path.join(vm.dir, name + '.host')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(host)  # of one before, who gets no more frames
        self.sock.bind(host)

    def send(self, frame):
        self.sock.sendto(frame, self.qemu)

    def receive(self, seconds=5):
        """The next frame from the guest; None when there is none within SECONDS."""
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(LARGEST)
        except TimeoutError:
            return None


def ethernet(kind, payload, to=BROADCAST):
    return to + HOST + struct.pack('>H', kind) + payload


def ipv4(protocol, payload, source=b'\x0a\0\0\1', to=b'\x0a\0\0\2'):
    """A packet (RFC 791) whose checksum is left to the device: 0."""
    return struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + \
        source + to + payload


def tcp(data):
    """A segment (RFC 9293) of some connection, its checksum 0."""
    return struct.pack('>HHIIBBHHH', 1, 2, 0, 0, 5 << 4, 0, 1024, 0, 0) + data


def udp(data):
    """A datagram (RFC 768) without a checksum."""
    return struct.pack('>HHHH', 1, 2, 8 + len(data), 0) + data
