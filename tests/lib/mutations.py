#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles mutations of a program's own files and asks create-diff-object about each.

usage: mutations.py TREE TABLE CREATE-DIFF-OBJECT OUT [NAME...]

TREE is a complete build by lpbuild (1-original), TABLE is testdata/qemu/mutations.tsv. Prints one
line a mutation, separated by tabs: "right" or "wrong", its name, what it got and what was wanted.
What was made for each stays in OUT/NAME. Exit status: 0 all are right, 1 not, 2 wrong usage.
"""
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys

Mutation = collections.namedtuple('Mutation', 'name path source exit changed added rule edit')
Result = collections.namedtuple('Result', 'exit changed added rule text')


class Broken(Exception):
    """The premise of a mutation does not hold."""


def read_table(path):
    with open(path, encoding='utf-8') as f:
        rows = [line.rstrip('\n').split('\t') for line in f if not line.startswith('#')]
    return [Mutation(*row) for row in rows]


def overlay(tree, path, text, where):
    """A tree of links to TREE in which PATH alone has TEXT. Where a folder is on the way to PATH, or
    the compiler works there, it is a real one: `..` would leave a linked one for TREE."""
    real = {'', 'build', *(path[:i] for i, c in enumerate(path) if c == '/')}
    for folder in sorted(real):
        os.makedirs(os.path.join(where, folder))
        for entry in os.listdir(os.path.join(tree, folder)):
            name = os.path.join(folder, entry)
            if name not in real and name != path:
                os.symlink(os.path.join(tree, name), os.path.join(where, name))
    with open(os.path.join(where, path), 'w', encoding='utf-8') as f:
        f.write(text)


def run(argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, check=False, **more)


def mutate(tree, mutation):
    path = os.path.join(tree, mutation.path)
    done = run(['sed', '-E', mutation.edit, path])
    with open(path, encoding='utf-8') as f:
        before = f.read()
    if done.returncode:
        raise Broken(done.stderr.strip())
    if done.stdout == before:
        raise Broken('the edit changes nothing')
    if done.stdout.count('\n') != before.count('\n'):
        raise Broken('the edit changes the number of lines')
    return done.stdout


def compile_in(where, command, obj):
    """The recorded COMMAND, as if the program's source were in WHERE. The build maps that folder to
    `.`, so the object does not tell where it was compiled."""
    source = os.path.dirname(command['directory'])
    line = command['command'].replace(source, where)
    line = re.sub(r' -MD -MQ \S+ -MF \S+', '', line)
    line = line.replace(f' -o {command["output"]} ', f' -o {obj} ')
    done = run(['sh', '-c', line], cwd=os.path.join(where, 'build'))
    if done.returncode:
        raise Broken('it does not compile: ' + done.stderr.strip().split('\n')[-1])


def undigit(name):
    return re.sub(r'(\.\d+)+$', '', name)


def compare(cdo, orig, patched, out):
    done = run([cdo, '-o', out, orig, patched])
    words = [line.split(None, 1) for line in done.stdout.splitlines()]
    rules = re.findall(r'^  (?:rule: |also )([a-z-]+)', done.stderr, re.M)
    return Result(str(done.returncode),
                  {undigit(w[1]) for w in words if w[0] == 'changed'},
                  {undigit(w[1]) for w in words if w[0] in ('added', 'data')},
                  rules, done.stderr)


def listed(column):
    return set() if column == '-' else set(column.split(','))


def complaint(mutation, got):
    if got.exit != mutation.exit:
        return f'exit {got.exit}: {got.text.strip()}'
    if mutation.exit == '2':
        rule, *names = mutation.rule.split()
        if rule not in got.rule or not all(name in got.text for name in names):
            return f'not refused by {mutation.rule}: {got.text.strip()}'
        return ''
    wrong = []
    for what, names, want in (('changed', got.changed, listed(mutation.changed)),
                              ('added', got.added, listed(mutation.added))):
        if names != want:
            wrong.append(f'{what}: too many {sorted(names - want)}, missing {sorted(want - names)}')
    return '; '.join(wrong)


def summary(got):
    if got.exit == '2':
        return 'refused: ' + ', '.join(dict.fromkeys(got.rule))
    if got.exit == '3':
        return 'nothing has changed'
    return f'{len(got.changed)} changed, {len(got.added)} new'


def judge(tree, commands, cdo, out, mutation):
    source = mutation.path if mutation.source == '-' else mutation.source
    command = commands[source]
    where = os.path.join(out, mutation.name)
    orig = os.path.join(tree, 'build', command['output'])
    made = os.path.join(where, 'patched.o')
    try:
        overlay(tree, mutation.path, mutate(tree, mutation), os.path.join(where, 'src'))
        compile_in(os.path.join(where, 'src'), command, made)
    except Broken as e:
        return 'wrong', mutation.name, 'nothing', str(e)
    got = compare(cdo, orig, made, os.path.join(where, 'diff.o'))
    wrong = complaint(mutation, got)
    return 'wrong' if wrong else 'right', mutation.name, summary(got), wrong


def main(argv):
    if len(argv) < 5:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tree, table, cdo, out = (os.path.abspath(a) for a in argv[1:5])
    with open(os.path.join(tree, 'build/compile_commands.json'), encoding='utf-8') as f:
        commands = {os.path.normpath(c['file'])[3:]: c for c in json.load(f)
                    if c['file'].startswith('../')}
    todo = [m for m in read_table(table) if not argv[5:] or m.name in argv[5:]]
    n_wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for answer in pool.map(lambda m: judge(tree, commands, cdo, out, m), todo):
            n_wrong += answer[0] == 'wrong'
            print('\t'.join(answer).replace('\n', '; '), flush=True)
    return 1 if n_wrong or not todo else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
