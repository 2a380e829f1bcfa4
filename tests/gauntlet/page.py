# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells people what came out: a line for each fix, and docs/gauntlet.md for all."""
import re
import statistics

from fixes import ADAPTED
from make import beyond

WORDS = {0: 'patch', 2: 'refused', 3: 'nothing to do'}
MANY = 100  # objects: a fix that rebuilds more is counted by itself
HEAD = """# The gauntlet

Real fixes from the stable releases 7.2.1 to 7.2.22 of QEMU, as live patches of a running QEMU
7.2.0. The fixes are cut from Debian's source package; `tests/gauntlet/fixes.yaml` says which lines
of which release they are, what must come out, and why. This page is written by

    make gauntlet              # all of it, or ONLY="ID ..."; it goes on where it was stopped

For each fix: `lpbuild --qemu --diff`, and the outcome, the names of all functions and variables in
the patch, and the rules of a refusal are compared with the data. Then each patch goes into running
processes (`tests/gauntlet/live ID` does that alone):

1. A QEMU without it. `tests/gauntlet/reproduce/ID.py` triggers the bug, which has to show.
2. Another process of the same executable, and a load on the device that the fix concerns, which
   goes on while patches come and go. Where a fix has no reproducer, `tests/gauntlet/exercise/ID.py`
   brings the load.
3. `raxlpxs --apply`. The trigger has to find the bug fixed, QMP has to answer, the load to go on.
4. `raxlpxs --remove`. The code in memory, the room of patches included, has to be byte-identical
   with what it was before. QMP has to answer, the load to go on.
5. Both once more.

A new function whose address may be left somewhere pins its patch: what is removed is kept
([states](states.md)). Then only the room of patches may differ, and with the load at rest
`--force` frees it, which has to make the code what it was.

`ID-adapted` is the fix ID with the additions of an author, `recipes/examples/ID`: what the tools
alone refuse, or what would reach only devices that are plugged later ([guide](author-guide.md)).

"""
COLUMNS = ('fix', 'CVE', 'class', 'outcome', 'functions (+ new), or rules', 'payload bytes',
           'lpbuild s', 'compile alone s', 'objects', 'longest stop us', 'before', 'with the patch')
LEGEND = """
"lpbuild" is its wall time with the original built and the diff at hand, "compile alone" that of the
same compiler commands by ninja without lpbuild, right behind it; "objects" are those that the fix
makes the compiler rebuild. Where the fix changes what code is generated from, ninja decides what to
run, and there is nothing to compare with. The longest stop is that of all tries of two applies and
two removes, on the machine that wrote this page, whatever else it did. "Before" and "with the
patch" are what the trigger sees; a patch without a reproducer was applied, used and removed under
load, or, where "not called" stands, applied and removed beside the nearest load that there is. An
outcome in bold is not what the data says; in the last column, bold is a step that failed.

"""
BUILD_GOAL = """
| median, 90th percentile | lpbuild | compile alone | median of the quotient (goal: 1.3) |
|---|---|---|---|
"""
GOALS = '| what | measured | goal |\n|---|---|---|\n'


def outcome(got):
    return WORDS.get(got['status'], f"exit code {got['status']}")


def functions(got):
    names = got.get('changed', [])
    names = names + ['+' + name for name in got.get('added', []) + got.get('data', [])]
    if len(names) > 6:
        names = names[:5] + [f'… {len(names)} in all']
    return ', '.join(names)


def summary(got, lived):
    text = outcome(got)
    if got['status'] == 0:
        text += f" ({functions(got)})"
    elif got['status'] == 2:
        text += f" ({', '.join(got['rules'])})"
    text += f", {got['seconds']:.1f} s"
    if 'after' in lived:
        text += f"; before: {lived['before']}; with the patch: {lived['after']}"
    if lived.get('stop'):
        text += f"; longest stop {lived['stop']} us"
    return text


def cell(text):
    text = ' '.join(str(text).replace('|', '\\|').replace('<', '&lt;').split())
    return text if len(text) <= 100 else text[:99] + '…'


def row(fix, got, lived):
    what = functions(got) if got['status'] == 0 else ', '.join(got['rules'])
    after = f"not called: {fix['reach']}" if 'reach' in fix else lived.get('after', '')
    if lived['bad']:
        after = f"**{cell(lived['bad'][0])}**"
    seconds = got.get('compile')
    cells = [fix['id'], fix.get('cve', ''), fix['class'], outcome(got) if not got['bad'] else
             f'**{outcome(got)}**', what, got.get('bytes', ''), f"{got['seconds']:.1f}",
             '' if seconds is None else f'{seconds:.1f}', got.get('rebuilt') or '',
             lived.get('stop') or '', cell(lived.get('before', '')), cell(after)]
    return line(*cells)


def line(*cells):
    return '| ' + ' | '.join(str(one) for one in cells) + ' |\n'


def put_part(path, begin, text):
    """Replaces the part of the page that starts with the heading BEGIN, or adds it at the end."""
    with open(path, encoding='utf-8') as f:
        rest = re.sub(re.escape(begin) + r'.*?(?=\n## |\Z)', '', f.read(), flags=re.S)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(rest + begin + text)


def ninetieth(numbers):
    if len(numbers) == 1:
        return numbers[0]
    return statistics.quantiles(numbers, n=10, method='inclusive')[-1]


def times(what, pairs):
    """A row: PAIRS are the seconds of lpbuild and of the compile of the same objects."""
    if not pairs:
        return ''
    both = [f'{statistics.median(one):.2f} s, {ninetieth(one):.2f} s' for one in zip(*pairs)]
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    return line(f'{what}: {len(pairs)} fixes', *both, f'{ratio:.2f}')


def build_times(results):
    pairs = [(got['seconds'], got['compile'], got['rebuilt']) for got, _ in results.values()
             if got.get('compile') and got['status'] in WORDS]
    return (BUILD_GOAL +
            times(f'up to {MANY} objects', [pair[:2] for pair in pairs if pair[2] <= MANY]) +
            times(f'more than {MANY} objects', [pair[:2] for pair in pairs if pair[2] > MANY]))


def totals(fixes, results):
    wanted = [name for name in results if fixes[name]['expect'] == 'accept']
    others = [name for name in results if fixes[name]['expect'] != 'accept']
    as_told = [name for name in results if not results[name][0]['bad']]
    made = [name for name in wanted if results[name][0]['status'] == 0]
    right = [name for name in made if name in as_told]
    lived = [name for name in right if not results[name][1]['bad']]
    shown = [name for name in wanted if results[name][1].get('kind') == 'reproduce']
    more = sum(len(beyond(fixes, name, results[name][0])) for name in made)

    def of(those, all_of_them):
        return f'{len(set(those) & set(all_of_them))} of {len(all_of_them)}'

    return (GOALS + line('patches made, of those that can be made', of(right, wanted), 'all') +
            line('of these applied, used and removed, twice, with nothing left', of(lived, right),
                 'all') +
            line("of the patches those with an author's additions",
                 of([name for name in right if name.endswith(ADAPTED)],
                    [name for name in wanted if name.endswith(ADAPTED)]), 'at least 6') +
            line('bugs that show in the running QEMU, and are gone with the patch',
                 of(lived, shown), 'all') +
            line('functions in a patch that the fix does not change', more, '0') +
            line('refused for the right reasons, or nothing to do', of(as_told, others), 'all'))


def write(path, fixes, results):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(HEAD + totals(fixes, results) + build_times(results) + LEGEND)
        f.write(line(*COLUMNS) + '|---' * len(COLUMNS) + '|\n')
        for name, (got, lived) in results.items():
            f.write(row(fixes[name], got, lived))
