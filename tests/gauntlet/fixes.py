# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixes of fixes.yaml."""
import os

import yaml

KEYS = {'id', 'cve', 'title', 'class', 'cut', 'after', 'expect', 'changed', 'added', 'data',
        'rules', 'names', 'eyes', 'harmless', 'care', 'why'}
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
    if (fix['expect'] == 'refuse') != bool(fix.get('rules')):
        raise DataError(f"fix '{name}': 'rules' and 'expect' do not agree")


def load():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fixes.yaml')
    with open(path, encoding='utf-8') as f:
        fixes = {}
        for fix in yaml.safe_load(f)['fixes']:
            check(fix, fixes)
            fixes[fix['id']] = fix
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
