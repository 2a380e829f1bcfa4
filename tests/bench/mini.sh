#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures how long the threads of a program stand still: 200 times the patch of the function that
# all threads of the mini target call goes in and out again. Prints lines of a Markdown table.

set -euo pipefail
name="bench-mini"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

cycles=200
workers=4

change() { # change VERB ARGUMENT: appends what the client measured
    "$BIN/raxlpxs" --socket "${mini_sock[a]}" --json "$@" >"$work/answer.json" ||
        die "'raxlpxs $*' failed"
    sed -n 's/^ *"longest-stop-us": \([0-9]*\).*/\1/p' "$work/answer.json" >>"$work/stops"
    sed -n 's/^ *"attempts": \([0-9]*\).*/\1/p' "$work/answer.json" >>"$work/attempts"
}

mini_build || die "the mini target can't be built" "see $work/mini.log"
mini_make hammer || die "its patch can't be made" "see $work/patch-hammer.log"
mini_start a -w "$workers"
mini_say a 5 hammer on >/dev/null
for ((i = 0; i < cycles; i++)); do
    change --apply "$mini_payload"
    change --remove hammer
done
[[ $(mini_stat a torn) -eq 0 ]] || die "a worker saw a torn result"

sort -n "$work/stops" >"$work/sorted"
line() { sed -n "$1p" "$work/sorted"; }
printf '| %d apply/remove cycles, %d threads calling the patched function: longest stop | %d us |\n' \
    "$cycles" "$workers" "$(line '$')"
printf '| the same, median stop | %d us |\n' "$(line "$cycles")"
printf '| the same, attempts per change, on average | %s |\n' \
    "$(awk '{ n += $1 } END { printf "%.2f", n / NR }' "$work/attempts")"
printf '| calls of the patched function meanwhile; torn ones | %d; %d |\n' \
    "$(mini_stat a calls)" "$(mini_stat a torn)"
