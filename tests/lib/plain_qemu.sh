#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# plain_qemu.sh QEMU OUT: links the objects of the executable QEMU, which lpbuild has built with the
# runtime, once more without it.
set -euo pipefail

out=$(realpath "$2")
cd "$(dirname "$1")"
command=$(ninja -t commands "$(basename "$1")" | tail -n 1 |
    sed -E 's/-Wl,--wrap=[a-z_]+//g; s/ [^ ]*\/libsandbox-qemu\.a//g')
wanted=" -o $(basename "$1") "
[[ $command == *"$wanted"* ]] || { printf 'error: this links something else: %s\n' "$command" >&2 && exit 1; }
bash -c "${command/"$wanted"/ -o $out }"
! nm "$out" | grep -q ' sandbox_init$'
