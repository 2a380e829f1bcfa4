# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells people what came out: a line for each fix, a table for all."""

WORDS = {0: 'patch', 2: 'refused', 3: 'nothing to do'}


def outcome(got):
    return WORDS.get(got['status'], f"exit code {got['status']}")


def functions(got):
    names = got.get('changed', []) + ['+' + name for name in got.get('added', []) + got.get('data', [])]
    if len(names) > 6:
        names = names[:5] + [f'… {len(names)} in all']
    return ', '.join(names)


def summary(fix, got):
    text = outcome(got)
    if got['status'] == 0:
        text += f" ({functions(got)})"
    elif got['status'] == 2:
        text += f" ({', '.join(got['rules'])})"
    return f"{text}, {got['seconds']:.1f} s"


def row(fix, got):
    what = functions(got) if got['status'] == 0 else ', '.join(got['rules'])
    cells = [fix['id'], fix.get('cve', ''), fix['class'], outcome(got) if not got['bad'] else
             f'**{outcome(got)}**', what, str(got.get('bytes', '')), f"{got['seconds']:.1f}",
             f"{got['compile']:.1f}" if got.get('compile') else '']
    return '| ' + ' | '.join(cells) + ' |\n'


def write(path, fixes, results):
    with open(path, 'w', encoding='utf-8') as f:
        f.write('| fix | CVE | class | outcome | functions (+ new), or rule | payload bytes | '
                'lpbuild s | compile alone s |\n|---|---|---|---|---|---|---|---|\n')
        for name, got in results.items():
            f.write(row(fixes[name], got))
