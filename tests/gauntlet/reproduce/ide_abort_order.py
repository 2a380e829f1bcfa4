# SPDX-License-Identifier: GPL-2.0-or-later
"""A command that a disk does not know was reported as done before its error was set: behind AHCI
the guest saw it succeed."""
from reproduce import ahci_serror as ahci

MACHINE, prepare = ahci.MACHINE, ahci.prepare
UNKNOWN = 0x01
ORDINARY = 0x20, 0xc4, 0xc8, 0xec, 0xef, 0xf8  # reads of three kinds, identify, features, size
ERROR = 1  # in the status, the task file's lowest byte


def trigger(vm, ports):
    port = ports[ahci.DISK]
    with vm.qtest.lock:
        port.start()
        task = ahci.issue(port, UNKNOWN)
        port.stop()
    return bool(task & ERROR), f'task file after an unknown command: {task:#x}'


def load(vm, ports):
    """Starts the port, gives the disk commands that it knows and one that it does not, stops it."""
    port = ports[ahci.DISK]
    with vm.qtest.lock:
        port.start()
        for command in (*ORDINARY, UNKNOWN):
            ahci.issue(port, command)
        port.stop()
