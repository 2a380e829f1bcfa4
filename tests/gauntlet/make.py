# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the live patch of a fix and compares what came out with what fixes.yaml says."""
import os
import re
import shutil
import subprocess
import time

import yaml

import bare
from fixes import EXAMPLES, OUTCOMES, series

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUSY, BUSY_SECONDS = 5, 900
NUMBER = re.compile(r'\.[0-9]+(?=\.|$)')
RULE = re.compile(r"^\s*(?:(?:rule: |also )([a-z-]+)|([a-z-]+), in ')", re.M)


def plain(name):
    """NAME without the compiler's numbers: f.part.0 is f.part."""
    return NUMBER.sub('', name)


class Maker:
    """Where things lie: the recipe, the tools, the builds that lpbuild keeps, the results."""

    def __init__(self, top, recipe, tools, builds, out):
        self.top, self.tools, self.builds, self.out = top, tools, builds, out
        self.recipe = recipe if recipe.endswith('.yaml') else \
            os.path.join(top, 'recipes', recipe + '.yaml')

    @classmethod
    def from_environment(cls):
        """As BIN, BUILD, OUT and RECIPE say, or `make gauntlet` has it."""
        get = os.environ.get
        maker = cls(TOP, get('RECIPE', 'qemu'), os.path.join(TOP, get('BIN', 'build/out/bin')),
                    os.path.join(TOP, get('BUILD', 'build/lpbuild')),
                    os.path.join(TOP, get('OUT', 'build/gauntlet')))
        os.makedirs(maker.out, exist_ok=True)
        return maker

    def prepare(self):
        """Builds QEMU or finds it built: the path of the executable, which names the build, also
        left in OUT/executable. Bails out with None when it can't be built."""
        log = os.path.join(self.out, 'prepare.log')
        if self.lpbuild('--prepare', log=log)[0]:
            print(f"Bail out! QEMU can't be built, see {log}")
            return None
        with open(log, encoding='utf-8', errors='replace') as f:
            path = re.search(r'^executable: *(.*)', f.read(), re.M).group(1)
        with open(os.path.join(self.out, 'executable'), 'w', encoding='utf-8') as f:
            f.write(path)
        return path

    def payload(self, name):
        return os.path.join(self.out, 'made', name, name + '.raxlpxs')

    def cut(self, fix):
        path = os.path.join(self.out, 'diffs', fix['id'] + '.patch')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        subprocess.run([os.path.join(self.top, 'scripts', 'cut-fix.sh'),
                        os.path.join(self.builds, 'download'), path, *fix['cut']], check=True)
        return path

    def diffs(self, fix):
        """What lpbuild is told about one fix."""
        args = ['--diff', self.cut(fix)]
        if 'add' in fix:
            path = os.path.join(self.out, 'diffs', fix['id'] + '.additions.patch')
            subprocess.run([os.path.join(self.top, 'scripts', 'additions.sh'), path,
                            *(os.path.join(EXAMPLES, name) for name in fix['add'])], check=True)
            args += ['--diff', path]
        for name in fix.get('allow-layout', []):
            args += ['--allow-layout', name]
        return args

    def lpbuild(self, *args, log):
        """(exit status, seconds). It is tried again while another lpbuild works in that folder."""
        line = [os.path.join(self.tools, 'lpbuild'), '--recipe', self.recipe,
                '--build', self.builds, *args]
        end = time.monotonic() + BUSY_SECONDS
        while True:
            start = time.monotonic()
            with open(log, 'w', encoding='utf-8') as f:
                status = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                                        check=False).returncode
            if status != BUSY or time.monotonic() > end:
                return status, time.monotonic() - start
            time.sleep(0.5)

    def make(self, fixes, name, with_bare):
        """Runs lpbuild; what came out. WITH_BARE: the time of the compiler alone, too."""
        out = os.path.join(self.out, 'made', name)
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        log = os.path.join(out, 'lpbuild.log')
        diffs = [arg for n in series(fixes, name) for arg in self.diffs(fixes[n])]
        since = time.time()
        status, seconds = self.lpbuild('--out', out, '--name', name, *diffs, log=log)
        with open(log, encoding='utf-8', errors='replace') as f:
            text = f.read()
        result = {'status': status, 'seconds': round(seconds, 2),
                  'rules': sorted({a or b for a, b in RULE.findall(text)}), 'text': text}
        if status == 0:
            result.update(self.outcome(out, name))
        if with_bare:
            result.update(bare.measure(self.builds, since))
        return result

    @staticmethod
    def outcome(out, name):
        with open(os.path.join(out, name + '.yaml'), encoding='utf-8') as f:
            manifest = yaml.safe_load(f)
        of = {'modified': [], 'added': []}
        for function in manifest['functions']:
            of[function['change']].append(plain(function['name']))
        return {'changed': sorted(of['modified']), 'added': sorted(of['added']),
                'data': sorted(plain(data['name']) for data in manifest['data']),
                'eyes': sorted({eye['rule'] for eye in manifest['needs-eyes']}),
                'harmless': sorted({one['name'] for one in manifest['judged-harmless']}),
                'objects': len({f['object'] for f in manifest['functions']}),
                'bytes': os.path.getsize(os.path.join(out, name + '.raxlpxs'))}


def differences(fixes, name, got):
    """Lines that say where GOT is not what is expected; none when all is right."""
    fix = fixes[name]
    expect = fix['expect']
    if got['status'] != OUTCOMES[expect]:
        return [f"exit code {got['status']}, not {OUTCOMES[expect]} ({expect})"]
    if expect == 'accept':
        bad = [line for key in ('changed', 'added', 'data')
               for line in other_names(fixes, name, key, got)]
        return bad + [f"'{one}' is not under {what}" for key, what in
                      (('eyes', 'needs-eyes'), ('harmless', 'judged-harmless'))
                      for one in fix.get(key, []) if one not in got[key]]
    if expect == 'refuse':
        bad = [f"not refused by the rule '{rule}', but by {got['rules']}"
               for rule in fix['rules'] if rule not in got['rules']]
        bad += [f"the refusal does not name '{thing}'"
                for thing in fix.get('names', []) if thing not in got['text']]
        if 'advice: ' not in got['text']:
            bad.append('the refusal gives no advice')
        return bad
    return []


def expected(fixes, name, key):
    """The patch is made of the fix and of all that it builds on, and so is the set of its names."""
    return sorted({n for base in series(fixes, name) for n in fixes[base].get(key, [])})


def beyond(fixes, name, got):
    """The functions that are in the patch although the fix does not change them."""
    return [n for key in ('changed', 'added') for n in got[key]
            if n not in expected(fixes, name, key)]


def other_names(fixes, name, key, got):
    want = expected(fixes, name, key)
    more = [n for n in got[key] if n not in want]
    less = [n for n in want if n not in got[key]]
    return [f"{key}: {text} {' '.join(names)}"
            for text, names in (('not expected:', more), ('missing:', less)) if names]
