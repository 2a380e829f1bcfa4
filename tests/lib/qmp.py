#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Says one QMP command and prints the answer.

usage: qmp.py [-t SECONDS] SOCKET hmp LINE
       qmp.py [-t SECONDS] SOCKET COMMAND [JSON-ARGUMENTS]

An hmp answer is printed as text, any other as JSON. Exit status: 0 answered, 1 QEMU said
error, 2 no such socket or the connection ended, 3 no answer within SECONDS (default 10).
"""
import argparse
import json
import socket
import sys
import time

ANSWERED, REFUSED, GONE, SILENT = 0, 1, 2, 3


class Qmp:
    """One connection; every wait ends when the time given to the constructor is over."""

    def __init__(self, path, seconds):
        self.deadline = time.monotonic() + seconds
        self.sock = socket.socket(socket.AF_UNIX)
        self._limit()
        self.sock.connect(path)
        self.buf = b''
        self._read()  # the greeting
        self.command('qmp_capabilities')

    def _limit(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)

    def _read(self):
        while b'\n' not in self.buf:
            self._limit()
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionError('QMP connection ended')
            self.buf += more
        line, self.buf = self.buf.split(b'\n', 1)
        return json.loads(line)

    def command(self, name, arguments=None):
        request = {'execute': name}
        if arguments:
            request['arguments'] = arguments
        self._limit()
        self.sock.sendall(json.dumps(request).encode() + b'\n')
        while True:
            answer = self._read()
            if 'event' not in answer:
                return answer


def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('-t', type=float, default=10, metavar='SECONDS')
    ap.add_argument('socket')
    ap.add_argument('command')
    ap.add_argument('arguments', nargs='?')
    o = ap.parse_args()
    try:
        qmp = Qmp(o.socket, o.t)
        if o.command == 'hmp':
            answer = qmp.command('human-monitor-command', {'command-line': o.arguments or ''})
        else:
            answer = qmp.command(o.command, json.loads(o.arguments) if o.arguments else None)
    except TimeoutError:
        print(f'qmp: no answer within {o.t:g} s', file=sys.stderr)
        return SILENT
    except OSError as e:
        print(f'qmp: {e}', file=sys.stderr)
        return GONE
    if 'error' in answer:
        print('qmp: ' + answer['error']['desc'], file=sys.stderr)
        return REFUSED
    value = answer['return']
    sys.stdout.write(value.replace('\r\n', '\n') if isinstance(value, str)
                     else json.dumps(value, sort_keys=True) + '\n')
    return ANSWERED


if __name__ == '__main__':
    sys.exit(main())
