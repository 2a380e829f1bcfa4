#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# Two of recipes/examples, those whose hooks have to clean up: their patches go while a script of a
# SCSI controller waits for a timer of the patch, and while NBD clients of all ages are there. And
# scripts/additions.sh. Builds QEMU when it is not built yet (about 3 minutes on 2 cores).

set -euo pipefail
name=examples
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

additions=$top/scripts/additions.sh
mkdir -p "$work/one/src/a/b"
printf 'int x;\n' >"$work/one/src/a/b/x.h"
printf -- '--- a/c\n+++ b/c\n' >"$work/one/use.patch"
check 'additions are one diff' "$additions" "$work/all.patch" "$work/one" "$top/recipes/examples/9p-reclaim"
is 'new files first, then what uses them' "$(grep -E '^(\+\+\+|\+int)' "$work/all.patch")" \
    '+++ b/a/b/x.h
+int x;
+++ b/c
+++ b/hw/9pfs/9p.h'
rm "$work/all.patch"
fails 'a folder without additions' 1 "$additions" "$work/all.patch" "$work/one" "$work"
check 'leaves no file' test ! -e "$work/all.patch"
fails 'no folder' 64 "$additions" "$work/all.patch"

export OUT=$work
check 'they are made, and do what they should' "$top/tests/gauntlet/run" lsi-timer-adapted nbd-drop-clients-adapted
said=$("$top/tests/gauntlet/leaving.py" "$(cat "$work/executable")" "$BIN/raxlpxs" "$work/made" 2>&1) || true
while read -r line; do
    is "${line%: *}" "${line##*: }" True
done <<<"$said"
is 'nothing is left out' "$(wc -l <<<"$said")" 11
tap_done
