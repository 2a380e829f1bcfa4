# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP points for Python."""
import sys


class Skip(Exception):
    """A point that can't be tried here, and why."""


class Tap:
    def __init__(self, expected):
        """EXPECTED exceptions make a point fail; others are mistakes of the test."""
        self.expected, self.count, self.failed = expected, 0, 0

    def point(self, text, call, *args):
        """CALL returns the lines that say what is wrong, or None. Is the point fine?"""
        try:
            bad = call(*args) or []
        except Skip as e:
            text, bad = f'{text} # SKIP {e}', []
        except self.expected as e:
            bad = [str(e) or type(e).__name__]
        self.count += 1
        self.failed += bool(bad)
        print(f"{'not ok' if bad else 'ok'} {self.count} - {text}")
        for line in bad:
            print('\n'.join('# ' + part for part in line.split('\n')))
        sys.stdout.flush()
        return not bad

    def done(self):
        print(f'1..{self.count}')
        return self.failed == 0
