#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# The client gets SIGKILL while all workers of the mini target call what it changes: anywhere in its life,
# and just when the runtime writes. Afterwards the function is the old one or the new one, no
# call was torn, all threads run, and the next client works. KILLS=N for more than 50 of each kind
# (tests/soak/kill.sh).

set -euo pipefail
name="kill"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

kills=${KILLS:-50} # of each kind
spread=120 # us behind COMMIT

code_sum() { "$lib/procmem.py" sum "$pid"; } # of the target
say() { mini_say a 5 "$@"; }

# run ARGUMENT...: the client; status and err.
run() {
    status=0
    "$BIN/raxlpxs" --socket "$sock" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    err=$(<"$work/err")
}

# No thread is traced or stopped.
is_left_alone() {
    ! grep -hE '^(State:.*(stopped|tracing)|TracerPid:.*[1-9])' /proc/"$pid"/task/*/status
}

# killed ARGUMENT...: a client that is killed: after $delay, or by itself.
killed() {
    # Not the function run: that would be a shell of which the client is a child.
    env ${preload:+LD_PRELOAD="$preload"} "$BIN/raxlpxs" --socket "$sock" "$@" >/dev/null 2>&1 &
    local victim=$!
    if [[ -z ${preload:-} ]]; then
        sleep "$delay"
        kill -KILL "$victim" 2>/dev/null || ended=$((ended + 1))
    fi
    { wait "$victim" || true; } 2>/dev/null
    [[ ! -d /proc/$victim ]] || fail "the client lives"
}

fail() {
    failed=$((failed + 1))
    tap_note "round $i, ${verb[*]}: $1; exit $status; $err"
}

# The function is as before ($1) or as after ($2) the change, nothing else; the payload's code may still be
# where it was placed. The next client brings it there.
settle() {
    local sum is_in=none wanted=0
    [[ $2 == "$plain" ]] || wanted=1
    wait_for 5 is_left_alone >/dev/null || fail "threads are held"
    sum=$(code_sum)
    case $sum in
    "$applied") is_in=1 ;;
    "$plain" | "$placed") is_in=0 ;;
    *) fail "the code is neither the old nor the new one" ;;
    esac
    if [[ $is_in == "$wanted" ]]; then n_after=$((n_after + 1)); else n_before=$((n_before + 1)); fi
    [[ $sum != "$2" ]] || return 0
    run "${verb[@]}"
    [[ $status -eq 0 && $(code_sum) == "$2" ]] || fail "the next client"
}

# rounds N: apply and remove in turn, each killed.
rounds() {
    failed=0 ended=0 n_before=0 n_after=0 status=0 err=''
    for ((i = 0; i < $1; i++)); do
        delay=$(printf '0.%06d' $(((RANDOM * 32768 + RANDOM) % life)))
        if [[ $((i % 2)) -eq 0 ]]; then
            verb=(--apply "$hammer")
            killed "${verb[@]}"
            settle "$plain" "$applied"
        else
            verb=(--remove hammer)
            killed "${verb[@]}"
            settle "$applied" "$plain"
        fi
    done
}

mini_build
mini_make hammer
hammer=$mini_payload
mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
plain=$(code_sum)
check "the workers hammer" say hammer on
start=$(date +%s%N)
run --apply "$hammer"
life=$((($(date +%s%N) - start) / 1000)) # us: as long as a client lives when nobody kills it
is "a client that nobody kills: exit code" "$status" 0
applied=$(code_sum)
run --revert hammer
is "reverted: exit code" "$status" 0
placed=$(code_sum)
run --remove hammer
is "and back: exit code" "$status" 0
is "the code is the original one" "$(code_sum)" "$plain"

rounds "$kills"
figure "clients killed anywhere: before the change, behind it, of these ended by themselves" \
    "$n_before, $n_after, $ended"
is "$kills clients killed anywhere; failures" "$failed" 0

"${CC:-gcc}" -shared -fPIC -O2 -I"$top" -o "$work/die.so" "$top/testdata/preload/die_at_commit.c"
export PRELOAD_SPREAD_US=$spread
preload=$work/die.so
rounds "$kills"
figure "clients killed while the runtime writes: before the change, behind it" "$n_before, $n_after"
is "$kills clients killed while the runtime writes; failures" "$failed" 0
is "all of them sent COMMIT first, and were killed" "$((n_before + n_after))" "$kills"

check "the hammering ends" say hammer off
tap_note "$(say stats)"
is "no result is torn" "$(mini_stat a torn)" 0
preload=''
run --status
is "nothing is left over: exit code" "$status" 0
is "the code is the original one" "$(code_sum)" "$plain"
check "the process ends as it would" mini_say a 5 quit

tap_done
