# SPDX-License-Identifier: GPL-2.0-or-later
"""Migrations that lead nowhere: the state is written and thrown away, and the machine goes on."""
from lib.machine import Setup
from lib.wait import until

SECONDS = 20
ENDS = 'completed', 'failed', 'cancelled'


def status(vm):
    return vm.command('query-migrate').get('status')


def migrate(vm, target='exec:cat >/dev/null'):
    """Up to its end: what it ended with."""
    vm.command('migrate', uri=target)
    if not until(lambda: status(vm) in ENDS, SECONDS):
        raise Setup(f'a migration does not end within {SECONDS} s: {status(vm)}')
    return status(vm)


def go_on(vm):
    """After a migration that has completed: QEMU takes its disks again and runs."""
    if not until(lambda: vm.command('query-status')['status'] == 'postmigrate', SECONDS):
        raise Setup('the machine is not stopped after its migration')
    vm.command('cont')


def round_trip(vm):
    if migrate(vm) != 'completed':
        raise Setup(f'a migration {status(vm)}')
    go_on(vm)
