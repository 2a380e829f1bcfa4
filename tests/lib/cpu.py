#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command once for each line of stdin, whose words are added to it, one after the other.

usage: cpu.py COMMAND... <LINES

Prints one line: runs, milliseconds of CPU (user and system) of all of them, of the longest one,
the largest resident set in KiB (from about 10000, which is what this program itself has), and the
exit codes with how often each was seen, "3:567". What the command says is thrown away.
"""
import collections
import os
import sys


def run(argv, null):
    pid = os.posix_spawnp(argv[0], argv, os.environ,
                          file_actions=[(os.POSIX_SPAWN_DUP2, null, 1),
                                        (os.POSIX_SPAWN_DUP2, null, 2)])
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage


def main(argv):
    if len(argv) < 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    null = os.open(os.devnull, os.O_RDWR)
    total = longest = peak = 0
    codes = collections.Counter()
    for line in sys.stdin:
        code, usage = run(argv[1:] + line.split(), null)
        cpu = usage.ru_utime + usage.ru_stime
        total += cpu
        longest = max(longest, cpu)
        peak = max(peak, usage.ru_maxrss)
        codes[code] += 1
    print(sum(codes.values()), f'{total * 1000:.0f}', f'{longest * 1000:.1f}', peak,
          ','.join(f'{code}:{n}' for code, n in sorted(codes.items())))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
