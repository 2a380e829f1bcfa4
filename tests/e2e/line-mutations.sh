#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions that create-diff-object leaves out because only line numbers differ: when any other number
# in them is changed, it must not leave them out (tests/helpers/mutate.c), also when that number looks
# like a line. The sources are the cases of which nothing remains; tests/bench/lines.sh
# does the same on files of QEMU.

set -uo pipefail
name=line-mutations
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

mutate=$BIN/../tests/mutate

# mutated CC CASE FLAG...: what `mutate` says of its two versions.
mutated() {
    local case=$top/testdata/cases/$2 version
    cp "$case/orig.c" case.c
    for version in orig patched; do
        "$1" -O2 -g -ffunction-sections -fdata-sections "${@:3}" -c case.c -o "$version.o" || return
        [[ $version == patched ]] || patch -s case.c "$case/fix.patch" || return
    done
    "$mutate" orig.o patched.o
}

cd "$work" || exit 1
for cc in gcc clang; do
    for flag in -fPIE -fno-pie -gdwarf-4 -Os; do
        for case in line-only line-only-ways line-only-static-locals line-only-cold-part; do
            like "$case ($cc $flag): nothing is hidden" "$(mutated "$cc" "$case" "$flag" 2>&1)" \
                '^mutated [1-9][0-9]* constants [1-9][0-9]* hidden 0 lookalikes [0-9]+ hidden 0$'
        done
    done
done
tap_done
