#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# The client on the mini target: what an operator types, what he reads, and what the target
# must not notice. The code of the target is compared from outside after each step.

set -euo pipefail
name="mini"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

cycles=200

raxlpxs() { "$BIN/raxlpxs" --socket "$sock" "$@"; }
code_sum() { "$lib/procmem.py" sum "$pid"; } # of the target
say() { mini_say a 5 "$@"; }

# run ARGUMENT...: the client; status, out and err.
run() {
    status=0
    raxlpxs "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    out=$(<"$work/out") err=$(<"$work/err")
}

# succeeds TEXT REGEX ARGUMENT...: exit 0, REGEX on stdout, nothing on stderr.
succeeds() {
    local text=$1 regex=$2
    shift 2
    run "$@"
    is "$text: exit code" "$status" 0
    like "$text: result" "$out" "$regex"
    is "$text: stderr" "$err" ""
}

# refuses TEXT CODE REGEX ARGUMENT...: that exit code, one error line, nothing on stdout, code as $sum.
refuses() {
    local text=$1 want=$2 regex=$3
    shift 3
    run "$@"
    is "$text: exit code" "$status" "$want"
    like "$text: message" "$err" "^error: $regex"
    is "$text: stdout" "$out" ""
    is "$text: the code is what it was" "$(code_sum)" "$sum"
}

# No thread is traced or stopped.
is_left_alone() {
    ! grep -hE '^(State:.*(stopped|tracing)|TracerPid:.*[1-9])' /proc/"$pid"/task/*/status
}

# json KEY: a number of the document in $out.
json() { sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}$/\1/p" <<<"$out"; }

mini_build
mini_make hammer
hammer=$mini_payload
mini_make transfer
transfer=$mini_payload
mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
plain=$(code_sum)
sum=$plain

# ---- the plain story ----

succeeds "list, empty" '^no patches$' --list
succeeds "list, empty, as JSON" '"patches": \[\]' --list --json
succeeds "info" "build-id +[0-9a-f]{40}.*text-free +[0-9]+" --info
succeeds "info as JSON" "\"pid\": $pid," --info --json
succeeds "test" '^ok ' --test
succeeds "apply" "^applied 'hammer' \([0-9a-f]{12}\): 1 function, threads stopped for [0-9]+ us(, after [0-9]+ attempts in [0-9]+ ms)?$" \
    --apply "$hammer"
applied=$(code_sum)
succeeds "list" '^NAME +ID +STATE +SINCE +FUNCS +TABLES +HOOKS +SIZE.*hammer +[0-9a-f]{12} +APPLIED ' --list
id=$(sed -n 's/^hammer *\([0-9a-f]*\) .*/\1/p' <<<"$out")
succeeds "find by name" "^NAME.*hammer +$id" --find hammer
succeeds "find by the start of the id" "^NAME.*hammer +$id" --find "${id:0:5}"
succeeds "apply once more" "^already applied 'hammer'" --apply "$hammer"
is "which changes nothing" "$(code_sum)" "$applied"
succeeds "remove" "^removed 'hammer' \($id\): 1 function, threads stopped for [0-9]+ us(, after [0-9]+ attempts in [0-9]+ ms)?$" --remove "$id"
is "after the removal the code is what it was" "$(code_sum)" "$plain"
refuses "remove once more" 3 "no patch 'hammer'" --remove hammer
refuses "find what is not there" 3 "no patch '$id'" --find "$id"
succeeds "set the log" '^log level is debug, was ' --log debug
succeeds "set the log back" '^log level is off, was debug$' --log off
run --list --debug
is "debug: exit code" "$status" 0
like "debug: the result alone is on stdout" "$out" '^no patches$'
like "debug: messages on stderr" "$err" 'sent: message 2.*received: status 0'

# ---- ways to find the process ----

status=0
out=$("$BIN/raxlpxs" --pid "$pid" --list 2>&1) || status=$?
is "found by its pid" "$status:$out" "0:no patches"
long=$run/$(printf 'd%.0s' {1..120})
ln -s "${sock%/*}" "$long"
status=0
out=$("$BIN/raxlpxs" -s "$long/${sock##*/}" -l 2>&1) || status=$?
is "a path that is too long for a socket address" "$status:$out" "0:no patches"
ln -s "$sock" "$run/sandbox-sock1"
status=0
out=$("$BIN/raxlpxs" -s "$run/sandbox-sock1" -l 2>&1) || status=$?
is "a socket that another process listens on" "$status" 6
like "which is named" "$out" "process $pid listens on .*, not process 1"
status=0
out=$("$BIN/raxlpxs" -p "$$" -l 2>&1) || status=$?
is "a process without a socket" "$status" 3
status=0
out=$("$BIN/raxlpxs" -s "$top/Makefile" -l 2>&1) || status=$?
is "not a socket" "$status" 1
fails "no verb" 64 "$BIN/raxlpxs" --pid "$pid"
fails "no target" 64 "$BIN/raxlpxs" --list
fails "an unknown level" 64 "$BIN/raxlpxs" --pid "$pid" --log loud

# ---- what is no payload for this process ----

head -c 4096 /dev/urandom >"$work/garbage.raxlpxs"
refuses "garbage" 1 "'.*garbage.raxlpxs' is not a payload" --apply "$work/garbage.raxlpxs"
refuses "a folder" 1 "" --apply "$work"
mini_make_foreign hammer "$work/foreign.raxlpxs"
refuses "another executable" 4 "" --apply "$work/foreign.raxlpxs"

# ---- busy: a thread sleeps in the function ----

check "worker 0 goes to sleep in mini_transfer" say sleep-in
refuses "a sleeping thread" 5 \
    "busy: thread [0-9]+ \(mini\) is in 'mini_transfer' and did not leave it within 1 s" \
    --apply "$transfer" --wait 1
check "and is left alone" is_left_alone
run --apply "$transfer" --wait 0 --json
is "busy as JSON: exit code" "$status" 5
like "busy as JSON" "$out" '"code": 5'
succeeds "another function can be changed meanwhile" "^applied 'hammer'" --apply "$hammer"
succeeds "and changed back" "^removed 'hammer'" --remove hammer
raxlpxs --apply "$transfer" --wait 20 >"$work/waiting" 2>&1 &
waiting=$!
sleep 0.3 # some attempts
is "it leaves the old function with the old result" "$(say wake)" "ok 42"
status=0
wait "$waiting" || status=$?
is "who waited gets it applied: exit code" "$status" 0
like "who waited gets it applied" "$(<"$work/waiting")" "^applied 'transfer'.* after [0-9]+ attempts"
sum=$(code_sum)
check "worker 0 goes to sleep in the new function" say sleep-in
refuses "removing new code that is slept in" 5 "busy: thread [0-9]+ \(mini\) .* 'mini_transfer'" \
    --remove transfer --wait 1
is "it leaves the new function with the new result" "$(say wake)" "ok 1042"
succeeds "remove" "^removed 'transfer'" --remove transfer
sum=$(code_sum)
is "the code is the original one" "$sum" "$plain"

# ---- busy: a suspended coroutine ----

check "a coroutine is parked in mini_transfer" say park
refuses "a parked coroutine" 5 "busy: coroutine 0x[0-9a-f]+ is in 'mini_transfer'" \
    --apply "$transfer" --wait 0
succeeds "another function can be changed meanwhile" "^applied 'hammer'" --apply "$hammer"
succeeds "and changed back" "^removed 'hammer'" --remove hammer
is "it ends with the old result" "$(say unpark)" "ok 8"
succeeds "nobody is in the way" "^applied 'transfer'" --apply "$transfer"
sum=$(code_sum)
check "a coroutine is parked in the new function" say park
refuses "removing new code that is parked in" 5 "busy: coroutine 0x[0-9a-f]+ .* 'mini_transfer'" \
    --remove transfer --wait 0
is "it ends with the new result" "$(say unpark)" "ok 1008"
succeeds "remove" "^removed 'transfer'" --remove transfer
sum=$(code_sum)
is "the code is the original one" "$sum" "$plain"

# ---- all workers call what is patched and unpatched ----

"$lib/procmem.py" watch "$pid" "$work/maps" &
watcher=$!
keep "$watcher"
check "the workers hammer" say hammer on
check "they do" wait_for 5 mini_calls_beyond a 100000
longest=0 failed=0
for ((i = 0; i < cycles; i++)); do
    run --apply "$hammer" --json
    [[ $status -eq 0 ]] || failed=$((failed + 1))
    stop=$(json longest-stop-us)
    run --remove hammer --json
    [[ $status -eq 0 ]] || failed=$((failed + 1))
    for stop in "$stop" "$(json longest-stop-us)"; do
        [[ ${stop:-0} -le $longest ]] || longest=$stop
    done
    if [[ $((i % 20)) -eq 0 ]]; then # they go on
        calls=$(mini_stat a calls)
        wait_for 5 mini_calls_beyond a "$calls" || failed=$((failed + 1))
    fi
done
is "$cycles times applied and removed under load, failures" "$failed" 0
tap_note "longest stop: $longest us"
check "the hammering ends" say hammer off
stats=$(say stats)
tap_note "$stats"
old=$(mini_stat a old) new=$(mini_stat a new)
is "no result is torn" "$(mini_stat a torn)" 0
is "each call gave the old or the new result" "$((old + new))" "$(mini_stat a calls)"
check "and both were seen" test "$old" -gt 0 -a "$new" -gt 0
end "$watcher"
like "no page was writable and executable" "$(<"$work/maps")" '^samples [0-9]{2,}$'
is "the code is the original one" "$(code_sum)" "$plain"

# ---- the target dies ----

kill -KILL "$pid"
wait_for 5 is_gone "$pid"
run --list
is "the socket of a dead process: exit code" "$status" 3
like "the socket of a dead process" "$err" "^error: nobody listens on '.*': process $pid has ended"

tap_done
