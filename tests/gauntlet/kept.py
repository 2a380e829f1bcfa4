# SPDX-License-Identifier: GPL-2.0-or-later
"""Results of earlier runs, and whether they still hold."""
import hashlib
import json
import os
import signal
import subprocess

from live import script_path, sha256

END_SECONDS = 10
MAKERS = ('lpbuild', 'create-diff-object', 'extract-patch')


def tools_hash(folder):
    sha = hashlib.sha256()
    for tool in MAKERS:
        with open(os.path.join(folder, tool), 'rb') as f:
            sha.update(f.read())
    return sha.hexdigest()


def load(path):
    try:
        with open(path, encoding='utf-8') as f:
            return json.load(f)
    except (OSError, ValueError):
        return None


def save(path, result):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as f:
        json.dump(result, f, indent=1)


def made(path, key, payload, options):
    """The kept result of making a patch, if it was right. KEY: data, tools, executable."""
    got = load(path)
    if not got or got['bad'] or (got['key'][0], *got['key'][2:]) != (key[0], *key[2:]):
        return None
    if (got['key'][1] != key[1] and '--keep' not in options) or \
            ('--time' in options and 'compile' not in got) or \
            (got['status'] == 0 and not os.path.exists(payload)):
        return None
    return got


class Live:
    """tests/gauntlet/live for one fix after the other, each in a process of its own."""

    def __init__(self, top, qemu, tools, out):
        self.program = os.path.join(top, 'tests', 'gauntlet', 'live')
        self.scripts = os.path.join(top, os.environ.get('SCRIPTS', 'tests/gauntlet'))
        self.limit = int(os.environ.get('LIMIT', '300'))
        self.out = out
        self.env = {**os.environ, 'QEMU': qemu, 'BIN': tools, 'OUT': out, 'SCRIPTS': self.scripts}

    def still_holds(self, name, got):
        """Nothing has changed of what ran then: the payload, the client, the tests' own files."""
        script, files = script_path(self.scripts, name), got.get('files', {})
        return not got['bad'] and files and (not script or script in files) and \
            all(sha256(path) == value for path, value in files.items())

    def result(self, name):
        path = os.path.join(self.out, 'live', name + '.json')
        got = load(path)
        if not got or not self.still_holds(name, got):
            got = self.run(name)
            save(path, got)
        return got

    def run(self, name):
        with subprocess.Popen([self.program, '--json', name], env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True) as process:
            try:
                text, error = process.communicate(timeout=self.limit)
                return json.loads(text)
            except subprocess.TimeoutExpired:
                bad = f'not done within {self.limit} s'
            except ValueError:
                bad = error.strip().split('\n')[-1] or f'exit code {process.returncode}'
            finally:
                if process.poll() is None:
                    self.end(process)
        return {'bad': [bad], 'kind': 'none', 'files': {}}

    @staticmethod
    def end(process):
        """It closes its machines when it is told to end; else they end with its session."""
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
