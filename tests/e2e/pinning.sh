#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# Lines added to and taken from files of QEMU, here at one of 16 lines of some of them: each
# compiles, and no function changes. `make bench` does it at every line of all files.

set -euo pipefail
name=pinning
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/churn.sh
source "$lib/churn.sh"

# points RESULT-FILE: a point for each file and kind, with what failed there.
points() {
    local line lines file kind n bad
    mapfile -t lines < <(sed -n 's/^edited //p' "$1")
    for line in "${lines[@]}"; do
        read -r file kind n <<<"$line"
        bad=$(grep "^failed $file $kind " "$1" || true)
        is "$file, '$kind' at $n places: all compile, nothing changes" "$bad" ""
        check "$file, '$kind': places were found" test "$n" -gt 10
    done
}

check "QEMU is built" story_prepare
churn_run "$work/result" \
    "target/i386/tcg/translate.c target/i386/tcg/translate.c two 16 3" \
    "fpu/softfloat-parts.c.inc fpu/softfloat.c one 16 5" \
    "ui/vnc.c ui/vnc.c one 16 7 14" \
    "ui/vnc.c ui/vnc.c two 16 0" \
    "ui/vnc.c ui/vnc.c cut 4 1" \
    "block/qcow2.c block/qcow2.c one 16 11" \
    "include/exec/memory.h softmmu/memory.c one 16 2 10" \
    "tcg/i386/tcg-target.c.inc tcg/tcg.c cut 4 3"
check "nothing else went wrong" test ! -s "$work/result.err"
points "$work/result"

# clang numbers a call of several lines by its end, gcc by its beginning.
churn_cc=clang churn_run "$work/clang" "block/qcow2.c block/qcow2.c one 16 6" \
    "ui/vnc.c ui/vnc.c cut 4 2"
points "$work/clang"

# The test can fail: without pins lines do matter.
churn_run "$work/raw" "block/nvme.c block/nvme.c raw 1000000 20"
like "a line that is not pinned changes functions" "$(<"$work/raw")" "failed block/nvme.c raw .* changed"
tap_done
