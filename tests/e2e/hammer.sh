#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# 32 threads of the mini target call one function all the time while that is patched and unpatched. They look
# at each result. CYCLES=N for more than 100 (tests/soak/hammer.sh).

set -euo pipefail
name="hammer"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"
# shellcheck source=tests/lib/cycles.sh
source "$lib/cycles.sh"

cycles=${CYCLES:-100}
threads=32

check "mini" mini_build
check "its patch" mini_make hammer
# In a session of its own, as programs are: the kernel shares the processors among these.
mini_under=(setsid)
check "it starts" mini_start a -w "$threads"
plain=$(text_sum "${mini_pid[a]}")
check "its threads hammer" mini_say a 5 hammer on
check "they do" wait_for 20 mini_calls_beyond a 100000
begun=$(now_ms)
for ((i = 0; i < cycles; i++)); do
    change "${mini_sock[a]}" --apply "$mini_payload"
    change "${mini_sock[a]}" --remove hammer
    if [[ $((i % 50)) -eq 0 ]]; then # they go on
        calls=$(mini_stat a calls)
        wait_for 20 mini_calls_beyond a "$calls" || failed=$((failed + 1))
    fi
done
is "$cycles times applied and removed, failures" "$failed" 0
cycle_figures "mini with $threads threads that call it" "$cycles" $((($(now_ms) - begun) / 1000))
check "the hammering ends" mini_say a 5 hammer off
calls=$(mini_stat a calls) old=$(mini_stat a old) new=$(mini_stat a new) torn=$(mini_stat a torn)
figure "mini's calls of mini_compute(): old, new, torn" "$old, $new, $torn"
is "each call gave the old result or the new one" "$torn:$((old + new))" "0:$calls"
check "both were seen" test "$old" -gt 0 -a "$new" -gt 0
is "the code is what it was" "$(text_sum "${mini_pid[a]}")" "$plain"
check "the runtime's test is fine" "$BIN/raxlpxs" --socket "${mini_sock[a]}" --test
check "it ends as it would" mini_say a 5 quit
tap_done
