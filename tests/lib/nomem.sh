#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nomem.sh COMMAND...   runs a program that cannot write through /proc/self/mem: as that program sees it (in a
# mount namespace of its own), an empty file that may only be read is there. Needs root.
set -euo pipefail
if [[ ${1-} != --inside ]]; then
    exec unshare -m "$0" --inside "$@"
fi
shift
# The name of this process, and so, behind exec, of the program.
file=$(mktemp)
mount --bind -o ro "$file" "/proc/$$/mem"
rm "$file"
exec "$@"
