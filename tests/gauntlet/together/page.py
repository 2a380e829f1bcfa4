# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of docs/gauntlet.md about many patches at once."""
import os
import statistics

from page import line, put_part

BEGIN = '\n## All of them at once\n'
TEXT = """
`tests/gauntlet/many` makes one payload of all {n} accepted fixes, and a stack of {n} payloads, each
on top of those before. Both go into a PC with a running Linux, which ticks ten times a second, and
out again; then the one payload replaces the stack. The code in memory has to be byte-identical
afterwards, and no tick may be lost. What a patch leaves behind because a pointer to it may be left
is freed with `--force` first. Then each reproducer is tried with the one payload and with the
stack: on its own machine, and as many as can on a single one. A fix that is always busy with an
option of QEMU (`not-with` in the data) is at the top of the stack and left out where that option
is.

| what | measured |
|---|---|
"""


def stops(numbers):
    if len(numbers) < 3:
        return ', '.join(str(one) for one in numbers)
    return f'{statistics.median(numbers):.0f} median, {max(numbers)} longest, of {len(numbers)}'


def payload(made):
    functions = sum(len(one['changed']) + len(one['added']) for one in made['outcomes'])
    size = sum(os.path.getsize(path) for path in made['paths'])
    return f"{size} bytes, {functions} functions, built in {made['seconds']:.0f} s"


def levels(made, part):
    """Seconds for a level: what most cost, in a third of the stack."""
    seconds = made['level-seconds']
    third = len(seconds) // 3
    some = seconds[:third] if part == 'lowest' else seconds[-third:]
    return f'{statistics.median(some):.2f} s median of the {part} {third}'


def rows(made, figures):
    stack, room = made['stack'], figures['room']
    text = line('one payload of all', payload(made['all']))
    text += line('the stack', payload(stack))
    text += line('building one level of the stack',
                 ', '.join([levels(stack, 'lowest'), levels(stack, 'highest'),
                            f"the longest {max(stack['level-seconds']):.0f} s"]))
    for what, (own, shared, n) in figures['bugs'].items():
        text += line(f'bugs that are gone with {what}',
                     f'{own} of {n} on machines of their own, {shared} on a single one')
    text += line('devices of the guest', 'those of {} scripts of {}'.format(*figures['scripts']))
    for what in ('one payload of all, in and out', 'each of the stack, in',
                 'each of the stack, out', 'one payload of all, in place of the stack'):
        text += line('stop: ' + what, stops(figures[what]) + ' us')
    text += line('room that the stack takes',
                 ', '.join(f"{room[kind + '-total'] - room[kind + '-free']} of "
                           f"{room[kind + '-total']} bytes of {kind}"
                           for kind in ('text', 'rodata', 'data')))
    return text + line("longest time between two ticks by the guest's clock",
                       f"{figures['gap']} ms")


def write(path, names, made, figures):
    put_part(path, BEGIN, TEXT.format(n=len(names)) + rows(made, figures))
