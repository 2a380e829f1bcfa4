#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Says one line to the mini target and prints its answer.

usage: mini.py SOCKET SECONDS WORD...

Exit status: 0 answered "ok", 1 answered "error", 2 no such socket or the connection ended, 3 no
answer within SECONDS.
"""
import socket
import sys


def ask(path, seconds, line):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(seconds)
        s.connect(path)
        s.sendall(line.encode() + b'\n')
        answer = b''
        while not answer.endswith(b'\n'):
            more = s.recv(4096)
            if not more:
                raise ConnectionError('the connection ended')
            answer += more
    return answer.decode().rstrip('\n')


def main(argv):
    if len(argv) < 4:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    try:
        answer = ask(argv[1], float(argv[2]), ' '.join(argv[3:]))
    except TimeoutError:
        print(f'mini: no answer within {argv[2]} s', file=sys.stderr)
        return 3
    except OSError as e:
        print(f'mini: {e}', file=sys.stderr)
        return 2
    print(answer)
    return 0 if answer.split()[0] == 'ok' else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv))
