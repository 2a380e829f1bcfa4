# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixes of fixes.yaml."""
import hashlib
import os

import yaml

KEYS = {'id', 'cve', 'title', 'class', 'cut', 'after', 'expect', 'changed', 'added', 'data',
        'rules', 'names', 'eyes', 'harmless', 'care', 'reach', 'why', 'with', 'not-with',
        'stacked'}
WITH = {'cut', 'add', 'allow-layout', 'changed', 'added', 'data', 'eyes', 'harmless', 'care'}
ALONE = {'rules', 'names', 'care', 'why', 'with'}  # true without the additions only
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../recipes/examples')
ADAPTED = '-adapted'  # what the id of a fix with an author's additions ends in
REQUIRED = {'id', 'title', 'class', 'cut', 'expect'}
OUTCOMES = {'accept': 0, 'refuse': 2, 'nothing': 3}
CLASSES = ('easy', 'medium', 'hard', 'refuse')


class DataError(Exception):
    pass


def check(fix, known):
    """A mistake in the data must not look like an outcome."""
    name = fix.get('id', '?')
    if set(fix) - KEYS or REQUIRED - set(fix):
        raise DataError(f"fix '{name}': unknown or missing keys: "
                        f"{sorted(set(fix) - KEYS | REQUIRED - set(fix))}")
    if fix['expect'] not in OUTCOMES or fix['class'] not in CLASSES:
        raise DataError(f"fix '{name}': unknown 'expect' or 'class'")
    if name in known:
        raise DataError(f"fix '{name}' is there twice")
    if (fix['expect'] == 'accept') != bool(fix.get('changed')):
        raise DataError(f"fix '{name}': 'changed' and 'expect' do not agree")
    if 'reach' in fix and fix['expect'] != 'accept':
        raise DataError(f"fix '{name}': 'reach' and 'expect' do not agree")
    if (fix['expect'] == 'refuse') != bool(fix.get('rules')):
        raise DataError(f"fix '{name}': 'rules' and 'expect' do not agree")


def checksum(folders):
    """Of all that an author adds: a result hangs on it."""
    sha = hashlib.sha256()
    for folder in folders:
        for path, names, files in os.walk(os.path.join(EXAMPLES, folder)):
            names.sort()
            for file in sorted(files):
                with open(os.path.join(path, file), 'rb') as f:
                    sha.update(file.encode() + b'\0' + f.read())
    return sha.hexdigest()


def adapted(fix):
    """The fix as an author's additions make it: one more, which is accepted. 'adapts' names the one
    without them, whose reproducer it is to pass."""
    name, additions = fix['id'], fix['with']
    if set(additions) - WITH or not additions.get('add'):
        raise DataError(f"fix '{name}': 'with' lacks 'add', or has what it must not")
    same = {key: fix[key] for key in fix if key not in ALONE}
    return {**same, 'expect': 'accept', **additions, 'id': name + ADAPTED, 'adapts': name,
            'sha256': checksum(additions['add'])}


def load():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fixes.yaml')
    with open(path, encoding='utf-8') as f:
        fixes = {}
        for fix in yaml.safe_load(f)['fixes']:
            check(fix, fixes)
            fixes[fix['id']] = fix
            if 'with' in fix:
                one = adapted(fix)
                fixes[one['id']] = one
    for fix in fixes.values():
        unknown = [name for name in fix.get('after', []) if name not in fixes]
        if unknown:
            raise DataError(f"fix '{fix['id']}' builds on '{unknown[0]}', which is not there")
    return fixes


def series(fixes, name):
    """NAME and what it builds on, in the order in which they go in."""
    names = []
    for base in fixes[name].get('after', []):
        names += [n for n in series(fixes, base) if n not in names]
    return names + [name]
