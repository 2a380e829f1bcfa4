# SPDX-License-Identifier: GPL-2.0-or-later
"""QMP is asked what a processor with SGX can do, in a machine that is no PC. The changed
function is called only for a guest that KVM runs on a processor with SGX."""
MACHINE = {'accel': 'qtest', 'args': ['-M', 'microvm', '-m', '64', '-bios', 'bios-256k.bin']}


def prepare(_vm):
    return None


def load(vm, _state):
    vm.command('query-cpu-model-expansion', type='static',
               model={'name': 'max', 'props': {'sgx': True}})
