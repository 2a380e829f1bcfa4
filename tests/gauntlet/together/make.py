# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the payloads: one of all fixes, and a stack of one for each."""
import hashlib
import json
import os
import re
import shutil

import kept
from make import Maker


class NotBuilt(Exception):
    """lpbuild has refused, or failed."""


class Payloads:
    """What lpbuild makes of several fixes, kept by a hash of all that it is made from."""

    def __init__(self, maker, fixes, executable):
        self.maker, self.fixes = maker, fixes
        self.folder = os.path.join(maker.out, 'together')
        self.key = [kept.tools_hash(maker.tools), executable]

    def cumulative(self, name, fixes):
        """The result for one payload NAME of these fixes: its path and lpbuild's seconds."""
        return self.build(name, fixes, ['--name', name])

    def stack(self, name, fixes):
        """The result for payloads of which each stands on those before, in the order of FIXES."""
        return self.build(name, fixes, ['--stack'])

    def build(self, name, fixes, options):
        out = os.path.join(self.folder, name)
        diffs = [self.maker.cut(self.fixes[fix]) for fix in fixes]
        key = [*self.key, fixes, options, [contents(diff) for diff in diffs]]
        got = kept.load(out + '.json')
        if got and got['key'] == json.loads(json.dumps(key)) and \
                all(os.path.exists(path) for path in got['paths']):
            return got
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        log = out + '.log'
        status, seconds = self.maker.lpbuild(
            '--out', out, *options, *(arg for diff in diffs for arg in ('--diff', diff)), log=log)
        if status:
            raise NotBuilt(f'exit code {status}: {last_error(log)}')
        got = {'key': key, 'seconds': round(seconds, 2), **self.results(out, name, fixes, options)}
        kept.save(out + '.json', got)
        return got

    @staticmethod
    def results(out, name, fixes, options):
        if '--stack' not in options:
            return {'paths': [os.path.join(out, name + '.raxlpxs')],
                    'outcomes': [Maker.outcome(out, name)]}
        folders = [os.path.join(out, fix) for fix in fixes]
        paths = [os.path.join(folder, fix + '.raxlpxs') for folder, fix in zip(folders, fixes)]
        made = [os.stat(path).st_mtime for path in paths]
        return {'paths': paths,
                'outcomes': [Maker.outcome(folder, fix) for folder, fix in zip(folders, fixes)],
                'level-seconds': [round(b - a, 2) for a, b in zip(made, made[1:])]}


def contents(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def last_error(log):
    with open(log, encoding='utf-8', errors='replace') as f:
        text = f.read()
    found = re.search(r'^error: .*(\n  .*)*', text, re.M)
    return found.group(0) if found else text[-500:]


def differences(fixes, names, outcomes):
    """Where the names in the payloads are not those of the data. One payload is compared with all
    fixes, a stack's each with its own; where gcc inlines otherwise on top of another fix, the data
    says what is expected there (`stacked`)."""
    if len(outcomes) == 1:
        groups = [(names[-1], names, {})]
    else:
        groups = [(name, [name], fixes[name].get('stacked', {})) for name in names]
    bad = []
    for (label, members, instead), got in zip(groups, outcomes):
        for key in ('changed', 'added', 'data'):
            want = sorted({n for fix in members for n in instead.get(key, fixes[fix].get(key, []))})
            bad += [f"{label}: {key}: {text} {' '.join(some)}" for text, some in
                    (('not expected:', sorted(set(got[key]) - set(want))),
                     ('missing:', sorted(set(want) - set(got[key])))) if some]
    return bad
