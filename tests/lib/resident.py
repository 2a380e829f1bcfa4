#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that QEMU without a machine has resident, on average over where it is loaded.

usage: resident.py MOST EXE...

The kernel maps pages of a file that are in the page cache around one that is used, in aligned runs of
64 KiB. So the number depends on where in such a run the executable begins, which is another place at
each start. Each EXE is started until all sixteen were seen, in turns with the others, at most MOST
times; a copy in memory, whose pages are in the cache one by one, where a disk's come in pieces of
any size. Prints for each EXE, in KiB, means over the sixteen: pages of the executable's file,
memory of its own, and pages of libraries (whose places are others; the mean is over all starts).
"""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from qmp import Qmp  # noqa: E402

PLACES = 16
ARGUMENTS = '-M none -nodefaults -display none -monitor none -S'.split()


def copy(exe):
    """A descriptor of it, without what is only for debuggers."""
    fd = os.memfd_create('qemu', 0)
    with tempfile.NamedTemporaryFile() as small:
        subprocess.run(['strip', '--strip-debug', '-o', small.name, exe], check=True)
        with open(small.name, 'rb') as f, open(fd, 'wb', closefd=False) as out:
            out.write(f.read())
    return fd


def wait_for(is_true, seconds):
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            sys.exit('resident: QEMU does not get so far')
        time.sleep(0.01)


def answers(path):
    try:
        Qmp(path, 10).command('query-status')
        return True
    except OSError:
        return False


def is_asleep(pid):
    """Is the runtime's thread, if there is one, where it waits for the next client?"""
    for tid in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{tid}/comm') as f:
            if f.read() != 'sandbox\n':
                continue
        with open(f'/proc/{pid}/task/{tid}/syscall') as f:
            # poll() of runtime/idle.c: the timeout has 64 bits
            words = f.read().split()
            return words[0] == '7' and words[3] == '0xffffffffffffffff'
    return True


def measure(pid, inode):
    """(place, KiB of the executable's file, of its own, of other files)"""
    place, of_file, own, others = None, 0, 0, 0
    with open(f'/proc/{pid}/smaps') as f:
        for line in f:
            words = line.split()
            if '-' in words[0]:
                is_exe = words[4] == str(inode)
                if is_exe and place is None:
                    place = int(words[0].split('-')[0], 16) // 4096 % PLACES
            elif words[0] == 'Rss:':
                rss = int(words[1])
            elif words[0] == 'Anonymous:':
                own += int(words[1])
                if is_exe:
                    of_file += rss - int(words[1])
                else:
                    others += rss - int(words[1])
    return place, of_file, own, others


def start_once(fd):
    with tempfile.TemporaryDirectory() as folder:
        path = f'{folder}/qmp'
        command = [f'/proc/self/fd/{fd}', *ARGUMENTS, '-qmp', f'unix:{path},server=on,wait=off']
        qemu = subprocess.Popen(command, pass_fds=[fd], stderr=subprocess.DEVNULL,
                                env={**os.environ, 'SANDBOX_DIR': folder})
        try:
            wait_for(lambda: answers(path), 20)
            wait_for(lambda: is_asleep(qemu.pid), 10)
            return measure(qemu.pid, os.fstat(fd).st_ino)
        finally:
            qemu.kill()
            qemu.wait()


def mean(values):
    return sum(values) / len(values)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    most = int(sys.argv[1])
    seen = {copy(exe): {} for exe in sys.argv[2:]}
    for _ in range(most):
        if all(len(places) == PLACES for places in seen.values()):
            break
        for fd, places in seen.items():
            place, *numbers = start_once(fd)
            places.setdefault(place, []).append(numbers)
    for places in seen.values():
        if len(places) != PLACES:
            sys.exit(f'resident: {len(places)} of {PLACES} places seen in {most} starts; is the '
                     'address space randomized?')
        of_file, own, _ = map(mean, zip(*([mean(c) for c in zip(*rows)] for rows in places.values())))
        others = mean([row[2] for rows in places.values() for row in rows])
        print(f'{of_file:.0f} {own:.0f} {others:.0f}')


if __name__ == '__main__':
    main()
