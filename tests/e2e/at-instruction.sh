#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# A thread of the mini target at each instruction of a function that changes, and in what it calls: is it seen
# where that matters, and does it go on as it should?

set -euo pipefail
name="at-instruction"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

run() {
    status=0
    "$BIN/raxlpxs" --socket "$sock" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

address() { nm "$mini_exe" | sed -n "s/^\([0-9a-f]*\) [tT] $1$/\1/p"; } # FUNCTION

# order WORD...: to tests/lib/step_to.c
order() { printf '%s\n' "$*" >"$run/orders"; }
has_named() { grep -qsx -- "$1" /proc/"$pid"/task/*/comm; }

# goes_to ADDRESS [alt]: a thread calls the function and comes to rest there.
goes_to() {
    order at "$function" "$@"
    wait_for 5 has_named at && wait_for 5 eval '! has_named over'
}

# goes_on: and returns with a right result.
goes_on() {
    order go
    wait_for 5 has_named over && ! has_named wrong
}

# with STATUS TEXT ARGUMENT...
with() {
    local want=$1 text=$2
    shift 2
    run "$@" --wait 0
    is "$text" "$status" "$want"
    [[ $status -eq $want ]] || tap_note "$(<"$work/err")"
}

mini_build
mini_make transfer
payload=$mini_payload
mini_make version
other=$mini_payload
"${CC:-gcc}" -O1 -shared -fPIC -pthread -o "$work/step_to.so" "$lib/step_to.c"
mkfifo "$run/orders"
LD_PRELOAD=$work/step_to.so STEP_TO=$run/orders mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
function=$(address mini_transfer)
new=$(address sandbox_text_area) # where the code of the first patch lies

# instructions ADDRESS: those of the function there, one a line.
instructions() {
    objdump -d --no-show-raw-insn --start-address="0x$1" --stop-address=$((16#$1 + 64)) "$mini_exe" |
        sed -n 's/^ *\([0-9a-f]*\):\t\(.*\)/\1 \2/p;/ ret/q'
}

n=0
while read -r at text; do
    n=$((n + 1))
    want=5
    check "a thread comes to '$text'" goes_to "$at"
    # At the first one it will run the jump.
    [[ $((16#$at)) -ne $((16#$function)) ]] || want=0
    with "$want" "apply" --apply "$payload"
    if [[ $want -eq 0 ]]; then
        with 0 "and a removal, as nothing of the jump was run" --remove transfer
        with 0 "and again" --apply "$payload"
    fi
    check "it goes on" goes_on
    [[ $want -ne 0 ]] || with 0 "a removal behind it" --remove transfer
done < <(instructions "$function")
tap_note "$n instructions"
check "these were all" test "$n" -gt 5

with 0 "the patch is applied" --apply "$payload"
check "a thread comes to the first instruction of the new function" goes_to "$new"
with 5 "removal" --remove transfer
with 5 "another in its place" --replace "$other"
check "it goes on" goes_on
check "a thread comes to the jump" goes_to "$function"
with 0 "removal" --remove transfer
check "it goes on" goes_on
check "a thread comes to the middle of the function, on a stack of its own" \
    goes_to "$(instructions "$function" | sed -n 's/ call .*//p')" alt
with 5 "apply" --apply "$payload"
check "it goes on" goes_on
with 0 "apply, then" --apply "$payload"
with 0 "and another in its place" --replace "$other"

tap_done
