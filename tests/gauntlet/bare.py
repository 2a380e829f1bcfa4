# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the compiler alone takes for what lpbuild has just compiled, and how much that is."""
import glob
import os
import re
import subprocess
import tempfile
import time


def build_file(builds, since):
    """What lpbuild gave ninja after the time SINCE; None: it took the program's own build file."""
    pattern = os.path.join(glob.escape(builds), '*', 'patched', 'build.ninja')
    found = [path for path in glob.glob(pattern) if os.stat(path).st_mtime >= since]
    return found[0] if len(found) == 1 else None


def redirect(text, folder):
    """The same build with its outputs below FOLDER, which has to be a word for the shell."""
    text = re.sub(r'^builddir = .*', f'builddir = {folder}', text, flags=re.M)
    text = re.sub(r'^build (\S+): cc', rf'build {folder}/\1: cc', text, flags=re.M)
    return re.sub(r' -(o|MF|MQ) (?=\S)', rf' -\1 {folder}/', text)


def measure(builds, since):
    """The wall time of the bare compile, and of how many objects, when it can be told."""
    path = build_file(builds, since)
    if not path:
        return {'compile': None, 'rebuilt': None}
    source = os.path.join(os.path.dirname(os.path.dirname(path)), 'src', 'build')
    with tempfile.TemporaryDirectory() as folder:
        with open(path, encoding='utf-8') as f:
            text = redirect(f.read(), folder)
        with open(os.path.join(folder, 'build.ninja'), 'w', encoding='utf-8') as f:
            f.write(text)
        start = time.monotonic()
        done = subprocess.run(['ninja', '-C', source, '-f', os.path.join(folder, 'build.ninja')],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        took = time.monotonic() - start
    return {'compile': round(took, 2) if done.returncode == 0 else None,
            'rebuilt': len(re.findall(r'^build \S+: cc', text, re.M))}
