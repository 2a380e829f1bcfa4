#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How long raxlpxs --all takes for 200 programs: the mini target, each with one worker thread. Prints lines of a
# Markdown table.

set -euo pipefail
name="bench-fleet"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

programs=200

# measure TEXT ARGUMENT...: all of them at once; each must have done it.
measure() {
    local text=$1 start
    shift
    start=$(now_ms)
    "$BIN/raxlpxs" --all --exe "$mini_exe" "$@" >"$work/out" 2>"$work/err" ||
        die "'raxlpxs --all $*' failed" "see $work/out"
    awk -v ms="$(($(now_ms) - start))" -v text="$text" \
        'BEGIN { printf "| %s | %.2f s |\n", text, ms / 1000 }'
    [[ $(tail -n 1 "$work/out") == "$programs processes: $programs done" ]] ||
        die "not all have done it" "see $work/out"
}

mini_build || die "the mini target can't be built" "see $work/mini.log"
mini_make hammer || die "its patch can't be made" "see $work/patch-hammer.log"
cp "$mini_exe" "$work/many" # no others are meant
mini_exe=$work/many
for ((i = 0; i < programs; i++)); do
    mini_start "m$i" -w 1 || die "the mini target does not start" "see $work/m$i.stderr"
done
measure "\`--all --list\`, $programs programs" --list
measure "\`--all --apply\`, the same" --apply "$mini_payload"
sed -n 's/.* stopped for \([0-9]*\) us.*/\1/p' "$work/out" | sort -n >"$work/stops"
measure "\`--all --remove\`, the same" --remove hammer
printf '| the stops of that apply: median; longest | %d us; %d us |\n' \
    "$(sed -n "$((programs / 2))p" "$work/stops")" "$(tail -n 1 "$work/stops")"
