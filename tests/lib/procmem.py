#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks at the code of a running process from outside, through /proc.

usage: procmem.py sum PID                  SHA-256 of its executable's code, and its size
       procmem.py save PID FILE            that code into FILE
       procmem.py diff PID FILE            bytes that differ from FILE, as ADDRESS+SIZE; exit 1 if any
       procmem.py watch PID LOG            samples the mappings until PID is gone or SIGTERM:
                                           `LOG` gets each line that is writable and executable,
                                           and at the end `samples N`
       procmem.py poke PID ADDRESS HEX     writes bytes at that address of the executable, as nm
                                           tells it; prints those that were there
       procmem.py mapped PID START END     how many whole pages of the executable between these
                                           addresses, as nm tells them, are mapped, and of how many

"Code" is every mapping of the executable's own file that may be executed: .text with the
reserved area in it, .plt, .init. Needs the rights of ptrace.
"""
import hashlib
import os
import signal
import struct
import sys
import time


def mappings(pid):
    with open(f'/proc/{pid}/maps') as f:
        for line in f:
            w = line.split(None, 5)
            lo, hi = (int(x, 16) for x in w[0].split('-'))
            yield lo, hi, w[1], int(w[4]), line.rstrip('\n')


def code(pid):
    """[(address, bytes)] of the executable's code."""
    inode = os.stat(f'/proc/{pid}/exe').st_ino
    found = []
    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as mem:
        for lo, hi, rights, ino, _ in mappings(pid):
            if ino == inode and 'x' in rights:
                mem.seek(lo)
                data = mem.read(hi - lo)
                if len(data) != hi - lo:
                    raise OSError(f'short read at {lo:#x}')
                found.append((lo, data))
    if not found:
        raise OSError('the process has no code of its executable mapped')
    return found


def runs(base, old, new):
    """[(address, size)] where the bytes differ; runs less than 16 bytes apart are one."""
    found = []
    step = 4096
    for at in range(0, max(len(old), len(new)), step):
        a, b = old[at:at + step], new[at:at + step]
        if a == b:
            continue
        for i in range(max(len(a), len(b))):
            if a[i:i + 1] != b[i:i + 1]:
                where = base + at + i
                if found and where - (found[-1][0] + found[-1][1]) < 16:
                    found[-1][1] = where + 1 - found[-1][0]
                else:
                    found.append([where, 1])
    return found


def diff(pid, path):
    with open(path, 'rb') as f:
        old = f.read()
    at, differ = 0, []
    for base, data in code(pid):
        differ += runs(base, old[at:at + len(data)], data)
        at += len(data)
    if at != len(old):
        print('the code has another size now')
        return 1
    for where, size in differ:
        print(f'{where:#x}+{size}')
    return 1 if differ else 0


def watch(pid, log):
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    n, bad = 0, set()
    while not stop:
        try:
            for *_, rights, _, line in mappings(pid):
                if 'w' in rights and 'x' in rights:
                    bad.add(line)
        except (FileNotFoundError, ProcessLookupError):
            break
        n += 1
        time.sleep(0.001)
    with open(log, 'w') as f:
        f.writelines(line + '\n' for line in sorted(bad))
        f.write(f'samples {n}\n')
    return 0


def bias(pid):
    """What is added to the executable's addresses."""
    inode = os.stat(f'/proc/{pid}/exe').st_ino
    with open(f'/proc/{pid}/exe', 'rb') as f:
        f.seek(16)
        is_pie = f.read(1) == b'\3'
    return min(lo for lo, _, _, ino, _ in mappings(pid) if ino == inode) if is_pie else 0


def mapped(pid, start, end):
    first = bias(pid)
    lo, hi = -(-(first + start) // 4096), (first + end) // 4096
    with open(f'/proc/{pid}/pagemap', 'rb') as f:
        f.seek(8 * lo)
        entries = struct.unpack(f'<{hi - lo}Q', f.read(8 * (hi - lo)))
    print(sum(entry >> 63 for entry in entries), hi - lo)
    return 0


def poke(pid, address, new):
    address += bias(pid)
    with open(f'/proc/{pid}/mem', 'r+b', buffering=0) as mem:
        mem.seek(address)
        old = mem.read(len(new))
        mem.seek(address)
        mem.write(new)
    print(old.hex())
    return 0


def main(argv):
    if len(argv) == 5 and argv[1] == 'poke':
        return poke(int(argv[2]), int(argv[3], 16), bytes.fromhex(argv[4]))
    if len(argv) == 5 and argv[1] == 'mapped':
        return mapped(int(argv[2]), int(argv[3], 16), int(argv[4], 16))
    if len(argv) < 3 or argv[1] not in ('sum', 'save', 'diff', 'watch') \
            or len(argv) != (3 if argv[1] == 'sum' else 4):
        print(__doc__.strip(), file=sys.stderr)
        return 64
    verb, pid = argv[1], int(argv[2])
    if verb == 'diff':
        return diff(pid, argv[3])
    if verb == 'watch':
        return watch(pid, argv[3])
    data = b''.join(d for _, d in code(pid))
    if verb == 'save':
        with open(argv[3], 'wb') as f:
            f.write(data)
        return 0
    print(hashlib.sha256(data).hexdigest(), len(data))
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv))
    except OSError as e:
        print(f'procmem: {e}', file=sys.stderr)
        sys.exit(2)
