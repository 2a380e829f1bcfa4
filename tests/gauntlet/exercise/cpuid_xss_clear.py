# SPDX-License-Identifier: GPL-2.0-or-later
"""QMP is asked what models of processors can do, for which one of each is made."""
MACHINE = {'accel': 'tcg', 'args': ['-M', 'pc', '-m', '64', '-S']}


def prepare(_vm):
    return None


def load(vm, _state):
    for xsave in (False, True):
        vm.command('query-cpu-model-expansion', type='static',
                   model={'name': 'max', 'props': {'xsave': xsave}})
