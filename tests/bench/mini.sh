#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures how long the threads of a program stand still: the patch of a function that all workers of the
# mini target call goes in and out again, with 4 and with 32 of them, which call it once in a
# millisecond, as in the peers' toy, or all the time. The largest gap is what a real-time thread of the
# target saw, as for the peers. Prints lines of a Markdown table.

set -euo pipefail
name="bench-mini"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"
# shellcheck source=tests/lib/meter.sh
source "$lib/meter.sh"

cycles=${CYCLES:-100}

measure() { # measure WORKERS HOW TITLE
    local vm=w$1-$2
    meter_env "$vm"
    mini_under=("${meter_under[@]}")
    mini_start "$vm" -w "$1"
    "${meter_prefix[@]}" "$lib/mini.py" "$run/$vm/mini" 20 hammer "$2" >"$work/$vm.said"
    meter_measure "$vm" "$1 workers, $3" "$cycles" "${mini_sock[$vm]}" "$mini_payload" hammer
    "${meter_prefix[@]}" "$lib/mini.py" "$run/$vm/mini" 20 stats |
        sed 's/.*calls=\([0-9]*\).*torn=\([0-9]*\).*/| calls meanwhile; torn ones | \1; \2 |/' >"$work/$vm.calls"
    cat "$work/$vm.calls"
    grep -q '; 0 |$' "$work/$vm.calls" || die "a worker saw a torn result"
    end "${mini_pid[$vm]}"
}

mini_build || die "the mini target can't be built" "see $work/mini.log"
mini_make hammer || die "its patch can't be made" "see $work/patch-hammer.log"
meter_build || die "the meter can't be built"
for workers in 4 32; do
    measure "$workers" 1000 "a call every ms"
    measure "$workers" on "calls all the time"
done
