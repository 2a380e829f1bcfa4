#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Watches the ticks of the test guest and tells its longest standstill.

usage: ticks.py watch SERIAL-SOCKET LOG     until the connection ends or SIGTERM
       ticks.py mark LOG NAME               notes this moment under NAME
       ticks.py wait LOG N SECONDS          until N more ticks have come; exit 3 if they don't
       ticks.py gaps LOG [FROM [TO]]        between two marks (default: all)

The guest says `tick NUMBER UPTIME` ten times a second. LOG gets a line for each:
    tick ARRIVAL NUMBER UPTIME     ARRIVAL by the host's monotonic clock, in seconds
    mark ARRIVAL NAME
`gaps` prints four numbers: ticks, ticks lost (numbers that are missing), and the longest time
between two ticks in ms by the clock of the host and of the guest. The time to the end of the
interval counts for the host, so that a guest that stopped is seen.
"""
import os
import re
import signal
import socket
import sys
import time

TICK = re.compile(rb'^tick (\d+) (\d+\.\d+)\s*$')


def connect(path, seconds):
    end = time.monotonic() + seconds
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def append(path, line):
    """One write with O_APPEND, so that the watcher and `mark` can share the file."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(fd, line.encode())
    os.close(fd)


def watch(path, log):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    s = connect(path, 20)
    buf = b''
    while True:
        data = s.recv(4096)
        now = time.monotonic()
        if not data:
            return 0
        buf += data
        *lines, buf = buf.split(b'\n')
        for line in lines:
            m = TICK.match(line)
            if m:
                append(log, f'tick {now:.6f} {int(m[1])} {float(m[2]):.2f}\n')


def read(log):
    """(ticks, marks) of the log so far; an unfinished last line is left out."""
    ticks, marks = [], {}
    try:
        with open(log) as f:
            lines = f.read().split('\n')[:-1]
    except FileNotFoundError:
        return ticks, marks
    for line in lines:
        w = line.split()
        if w[0] == 'tick':
            ticks.append((float(w[1]), int(w[2]), float(w[3])))
        else:
            marks[w[2]] = float(w[1])
    return ticks, marks


def wait(log, n, seconds):
    end = time.monotonic() + seconds
    want = len(read(log)[0]) + n
    while len(read(log)[0]) < want:
        if time.monotonic() > end:
            got = n - want + len(read(log)[0])
            print(f'ticks: {f"{got} of {n} ticks" if got else "no tick"} within {seconds:g} s',
                  file=sys.stderr)
            return 3
        time.sleep(0.02)
    return 0


def gaps(log, start=None, end=None):
    ticks, marks = read(log)
    if not ticks:
        print('ticks: none in the log', file=sys.stderr)
        return 3
    lo = marks[start] if start else ticks[0][0]
    hi = marks[end] if end else ticks[-1][0]
    before = [t for t in ticks if t[0] < lo]
    inside = before[-1:] + [t for t in ticks if lo <= t[0] <= hi]
    arrivals = [t[0] for t in inside] + [hi]
    pairs = list(zip(inside, inside[1:]))
    host = max((b - a for a, b in zip(arrivals, arrivals[1:])), default=hi - lo)
    guest = max((b[2] - a[2] for a, b in pairs), default=0)
    lost = sum(b[1] - a[1] - 1 for a, b in pairs)
    print(len(inside), lost, round(host * 1000), round(guest * 1000))
    return 0


def main(argv):
    verb = argv[1:2]
    if verb == ['watch'] and len(argv) == 4:
        return watch(argv[2], argv[3])
    if verb == ['mark'] and len(argv) == 4:
        append(argv[2], f'mark {time.monotonic():.6f} {argv[3]}\n')
        return 0
    if verb == ['wait'] and len(argv) == 5:
        return wait(argv[2], int(argv[3]), float(argv[4]))
    if verb == ['gaps'] and 3 <= len(argv) <= 5:
        return gaps(*argv[2:])
    print(__doc__.strip(), file=sys.stderr)
    return 64


if __name__ == '__main__':
    sys.exit(main(sys.argv))
