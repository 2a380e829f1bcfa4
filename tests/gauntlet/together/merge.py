# SPDX-License-Identifier: GPL-2.0-or-later
"""One machine that has the devices of many."""
import re

# What only adds something to a machine. With another option (-incoming, -cpu, -bios) it is another.
ADDS = {'-device', '-blockdev', '-drive', '-netdev', '-chardev', '-object', '-fsdev', '-audiodev',
        '-vnc'}
SAME = {'-M', '-m'}  # a script that needs no machine runs on any, and no one needs less memory
MACHINES = ('pc', 'none')
ID = re.compile(r'(?:^|,)(?:id|node-name)=([^,]*)')


def options(args):
    """[(option, value)]; value is None when the option has none."""
    pairs = []
    for arg in args:
        if arg.startswith('-'):
            pairs.append((arg, None))
        else:
            pairs[-1] = (pairs[-1][0], arg)
    return pairs


def is_plain(machine):
    """Is it a PC under qtest with more devices, and nothing else?"""
    pairs = options(machine['args'])
    return machine.get('accel', 'qtest') == 'qtest' and set(machine) <= {'accel', 'args'} and \
        all(option in ADDS | SAME for option, _ in pairs) and dict(pairs).get('-M') in MACHINES


class Merged:
    """`args` adds the devices of all machines that could join, each once, without the options of
    WITHOUT; `names` are the names of these machines. STARTS(args) tells whether QEMU takes them."""

    def __init__(self, machines, starts, without=()):
        self.without, self.starts = without, starts
        self.args, self.names = [], []
        self._pairs, self._ids = set(), set()
        self._join([(name, machine) for name, machine in machines.items() if is_plain(machine)])

    def _join(self, group):
        """All, or those halves of it that fit: a machine has so many slots, and some devices may
        be there once only."""
        if not group or self._takes([machine for _, machine in group]):
            self.names += [name for name, _ in group]
        elif len(group) > 1:
            half = len(group) // 2
            self._join(group[:half])
            self._join(group[half:])

    def _takes(self, machines):
        more = [pair for pair in dict.fromkeys(p for m in machines for p in options(m['args']))
                if pair[0] in ADDS and pair[0] not in self.without and pair not in self._pairs]
        ids = [(pair[0] == '-device', one) for pair in more for one in ID.findall(pair[1])]
        args = [arg for pair in more for arg in pair]
        if len(set(ids)) < len(ids) or self._ids & set(ids) or not self.starts(self.args + args):
            return False
        self._pairs.update(more)
        self._ids.update(ids)
        self.args += args
        return True
