# SPDX-License-Identifier: GPL-2.0-or-later
"""Which fixes go together, and in which order."""
from fixes import series


def release(fix):
    """22 of v7.2.22:hw/net/net.c; a fix that has parts of several goes in with the last one."""
    return max(int(part.split(':')[0].rsplit('.', 1)[1]) for part in fix['cut'])


def order(fixes):
    """All fixes that are accepted as they are, each behind what it builds on. The lines around a
    hunk are those of its release, so they go in as they were made; at the top of the stack is what
    some machine has to do without, because nothing may stand on that."""
    accepted = sorted((name for name in fixes
                       if fixes[name]['expect'] == 'accept' and 'adapts' not in fixes[name]),
                      key=lambda name: ('not-with' in fixes[name], release(fixes[name])))
    names = []
    for name in accepted:
        names += [one for one in series(fixes, name) if one not in names]
    return names


def fits(fix, args):
    """Can it be applied to a QEMU that was started with ARGS?"""
    return not set(fix.get('not-with', [])) & set(args)
