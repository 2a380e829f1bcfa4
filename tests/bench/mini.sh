#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures how long the threads of a program stand still: the patch of a function that all workers of
# the mini target call goes in and out again, with 4 and with 32 of them. The largest gap is what a
# real-time thread of the target saw, as for the peers: testdata/mini/meter.c. Prints lines of a
# Markdown table.

set -euo pipefail
name="bench-mini"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

cycles=100

change() { # change WORKERS VERB ARGUMENT: appends what the client and the meter measured
    local n=$1 start end
    shift
    start=$(date +%s%N)
    "$BIN/raxlpxs" --socket "${mini_sock[w$n]}" --json "$@" >"$work/answer.json" ||
        die "'raxlpxs $*' failed"
    end=$(date +%s%N)
    mini_say "w$n" 5 meter | sed 's/^ok //' >>"$work/gaps$n"
    echo $(((end - start) / 1000)) >>"$work/walls$n"
    sed -n 's/^ *"longest-stop-us": \([0-9]*\).*/\1/p' "$work/answer.json" >>"$work/stops$n"
    sed -n 's/^ *"attempts": \([0-9]*\).*/\1/p' "$work/answer.json" >>"$work/attempts$n"
}

idle() { # idle WORKERS: gaps when nobody patches, of as many changes' length
    mini_say "w$1" 5 meter >/dev/null
    for ((i = 0; i < 20; i++)); do
        sleep 0.02
        mini_say "w$1" 5 meter | sed 's/^ok //' >>"$work/idle$1"
    done
}

# at FILE PERCENT: that value of the sorted numbers.
at() { sort -n "$1" | awk -v p="$2" '{ v[NR] = $1 } END { i = int(NR * p / 100); print v[i < 1 ? 1 : i] }'; }

measure() { # measure WORKERS
    local n=$1
    mini_start "w$n" -w "$n"
    mini_say "w$n" 5 hammer on >/dev/null
    mini_say "w$n" 5 meter on >/dev/null
    idle "$n"
    for ((c = 0; c < cycles; c++)); do
        change "$n" --apply "$mini_payload"
        change "$n" --remove hammer
    done
    [[ $(mini_stat "w$n" torn) -eq 0 ]] || die "a worker saw a torn result"
    printf '| %d workers: largest gap of the meter, median, 95 %%, worst of %d changes | %s, %s, %s us |\n' \
        "$n" "$((2 * cycles))" "$(at "$work/gaps$n" 50)" "$(at "$work/gaps$n" 95)" "$(at "$work/gaps$n" 100)"
    printf '| the same, when nobody patches, median | %s us |\n' "$(at "$work/idle$n" 50)"
    printf '| stop as raxlpxs tells it, median, worst | %s, %s us |\n' \
        "$(at "$work/stops$n" 50)" "$(at "$work/stops$n" 100)"
    printf '| raxlpxs from start to end, median | %s us |\n' "$(at "$work/walls$n" 50)"
    printf '| attempts per change, on average | %s |\n' \
        "$(awk '{ n += $1 } END { printf "%.2f", n / NR }' "$work/attempts$n")"
    printf '| calls of the patched function meanwhile; torn ones | %d; %d |\n' \
        "$(mini_stat "w$n" calls)" "$(mini_stat "w$n" torn)"
    mini_say "w$n" 5 quit >/dev/null
}

mini_build || die "the mini target can't be built" "see $work/mini.log"
mini_make hammer || die "its patch can't be made" "see $work/patch-hammer.log"
measure 4
measure 32
