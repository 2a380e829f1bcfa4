#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: yes
#
# raxlpxs is root, and speaks to programs that may have been taken over (docs/threat-model.md). Here it is
# tests/lib/liar.py that answers, with all that a runtime would never say.

set -euo pipefail
name=hostile
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

# lie WHAT [ARGUMENT]: a program that tells such lies: pid and sock.
lie() {
    mkdir -p "$run/$1"
    python3 "$lib/liar.py" "$run/$1" "$@" >"$run/$1/pid" &
    keep "$!"
    wait_for 20 test -s "$run/$1/pid"
    pid=$(<"$run/$1/pid")
    sock=$run/$1/sandbox-sock$pid
}

# run ARGUMENT...: the client: status, and text, which is all that it says.
run() {
    status=0
    timeout 60 "$BIN/raxlpxs" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    text=$(cat "$work/out" "$work/err")
}

# No control characters but newline and tab, not even those that UTF-8 has beside the ASCII ones.
is_harmless() {
    ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|(?<![\xc2-\xf4\x80-\xbf])[\x80-\xbf]' "$work/out" "$work/err"
}

is_free() { ! grep -hE '^(State:.*(stopped|tracing)|TracerPid:.*[1-9])' /proc/"$pid"/task/*/status; }

lie escape
for verb in --info --list --status '--apply 0101' '--find 0101' '--find fix'; do
    # shellcheck disable=SC2086 # two words
    run --socket "$sock" $verb
    check "texts that are commands for a terminal: $verb" is_harmless
done
run --socket "$sock" --apply 0101
is "the refusal arrives, without them: exit code" "$status" 2
like "and its text" "$text" 'owned'
run --socket "$sock" --list --json
check "JSON without them" is_harmless
check "which is JSON" python3 -m json.tool "$work/out" /dev/null

SANDBOX_DIR=$run/$'\e[2J\e]0;owned\a\xc2\x9b' sleep 1000 &
keep "$!"
run --pid "$!" --info
is "a directory that is a command for a terminal: exit code" "$status" 3
check "its name is printed without it" is_harmless

lie listener "$$"
run --socket "$sock" --apply fix --wait 0
is "a listener that is another program's thread: exit code" "$status" 1
like "is no listener" "$text" 'malformed reply'

lie wrap
run --socket "$sock" --apply fix --wait 0
is "code that wraps around: exit code" "$status" 1
for what in ranges contexts code; do
    lie "$what"
    run --socket "$sock" --apply fix --wait 1
    is "$what that can't be: exit code" "$status" 5
    check "$what: no thread is held" wait_for 5 is_free
done
run --socket "$sock" --check fix
is "code that can't be, looked at only: exit code" "$status" 5

lie endless
run --socket "$sock" --list
is "a reply without end: exit code" "$status" 1

lie deaf
run --socket "$sock" --info
is "one who never accepts: exit code" "$status" 1
run --socket "$sock" --info
is "and whose queue is full: exit code" "$status" 1
like "is told so" "$text" 'nobody accepts connections'

lie drip
run --socket "$sock" --list
is "a reply that never becomes whole: exit code" "$status" 1
like "is given up" "$text" 'does not answer'

tap_done
