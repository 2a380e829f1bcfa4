# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine without VNC. With VNC its worker thread waits inside the changed function, and apply
answers busy; without it, nothing calls that."""
MACHINE = {'accel': 'qtest', 'args': ['-M', 'none']}


def prepare(_vm):
    return None


def load(vm, _state):
    vm.command('query-status')
