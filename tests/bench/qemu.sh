#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures what a live patch for QEMU costs to make: lpbuild with everything cached, beside the
# compile of the one changed object; the payload beside the new code in it. Prints lines
# of a Markdown table. QEMU is built first when it is not there.

set -euo pipefail
name=bench-qemu
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

runs=5

# median_ms COMMAND...: of `runs` runs; the output goes to $work/COMMAND.log.
median_ms() {
    local i t
    for ((i = 0; i < runs; i++)); do
        t=$(now_ms)
        "$@" >"$work/bench.log" 2>&1 || die "'$*' failed" "see $work/bench.log"
        printf '%d\n' "$(($(now_ms) - t))"
    done | sort -n | sed -n "$((runs / 2 + 1))p"
}

# The command by which ninja compiles OBJECT, with its outputs in $work.
compile_alone() { # compile_alone BUILD-FOLDER OBJECT
    (cd "$1" && sh -c "$(ninja -t commands "$2" | tail -n 1 |
        sed "s|-MF [^ ]*|-MF $work/alone.d|; s|-o [^ ]*|-o $work/alone.o|")")
}

story_fix
story_prepare || die "QEMU can't be built" "see $work/prepare.log"
story_cut "$work/$fix_id.patch"
make_patch() { story_patch "$fix_id" "$work/$fix_id.patch"; }
make_patch || die "the patch can't be made" "see $work/patch-$fix_id.log" # this also fills caches

patched=$(find "$work/$fix_id/2-patched" -name '*.c.o')
object=${patched#"$work/$fix_id/2-patched/"}
folder=${QEMU%/1-original/*}/src/build
alone=$(median_ms compile_alone "$folder" "$object")
all=$(median_ms make_patch)
new_code=$("$BIN/extract-patch" --qemu --json "$work/$fix_id/4-link/$fix_id.o" "$QEMU" \
    -o "$work/again.raxlpxs" | sed -n 's/.*"new-code": *\([0-9]*\).*/\1/p')

printf '| lpbuild --qemu --diff %s.patch, everything cached, median of %d | %d ms |\n' \
    "$fix_id" "$runs" "$all"
printf '| gcc alone on the one changed object (%s) | %d ms |\n' "${object##*/}" "$alone"
printf '| payload file | %d bytes |\n' "$(stat -c %s "$payload")"
printf '| new code in it (%s) | %d bytes |\n' "$fix_functions" "$new_code"
