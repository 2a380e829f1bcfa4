# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the compiler alone takes for what lpbuild has just compiled."""
import glob
import os
import re
import subprocess
import tempfile
import time


def build_file(builds, since):
    """What lpbuild gave ninja after the time SINCE; None when it took the program's own build file."""
    found = [path for path in glob.glob(os.path.join(glob.escape(builds), '*', 'patched', 'build.ninja'))
             if os.stat(path).st_mtime >= since]
    return found[0] if len(found) == 1 else None


def redirect(text, folder):
    """The same build with its outputs below FOLDER, which has to be a word for ninja and the shell."""
    text = re.sub(r'^builddir = .*', f'builddir = {folder}', text, flags=re.M)
    text = re.sub(r'^build (\S+): cc', rf'build {folder}/\1: cc', text, flags=re.M)
    return re.sub(r' -(o|MF|MQ) (?=\S)', rf' -\1 {folder}/', text)


def seconds(builds, since):
    """Wall time of the bare compile, None when it cannot be told."""
    path = build_file(builds, since)
    if not path:
        return None
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
    return round(took, 2) if done.returncode == 0 else None
