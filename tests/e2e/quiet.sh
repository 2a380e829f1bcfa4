#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# The safe moment, on the mini target with threads that are hard to stop or to look at.

set -euo pipefail
name="quiet"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

say() { mini_say a 5 "$@"; }

# run ARGUMENT...: the client; status, out and err.
run() {
    status=0
    "$BIN/raxlpxs" --socket "$sock" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    out=$(<"$work/out") err=$(<"$work/err")
}

# succeeds TEXT REGEX ARGUMENT...
succeeds() {
    local text=$1 regex=$2
    shift 2
    run "$@"
    is "$text: exit code" "$status" 0
    like "$text" "$out$err" "$regex"
}

# refuses TEXT CODE REGEX ARGUMENT...: and nobody is stopped afterwards.
refuses() {
    local text=$1 want=$2 regex=$3
    shift 3
    run "$@"
    is "$text: exit code" "$status" "$want"
    like "$text" "$err" "$regex"
    check "$text: all threads run" wait_for 5 is_left_alone
}

is_left_alone() {
    ! grep -hE '^(State:.*(stopped|tracing)|TracerPid:.*[1-9])' /proc/"$pid"/task/*/status
}

# json KEY: a number of the document in $out.
json() { sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}$/\1/p" <<<"$out"; }
address() { nm "$mini_exe" | sed -n "s/^\([0-9a-f]*\) [tT] $1$/\1/p"; } # FUNCTION

# order NAME WORD...: to tests/lib/odd_threads.c
order() { printf '%s\n' "$*" >"$run/orders"; }
n_named() { cat /proc/"$pid"/task/*/comm 2>/dev/null | grep -c -- "$1" || true; } # threads
has_named() { [[ $(n_named "$1") -ge ${2:-1} ]]; }

mini_build
for p in hammer transfer version worker; do
    mini_make "$p"
done
payload() { printf '%s\n' "$work/$1/$1.raxlpxs"; }
"${CC:-gcc}" -O1 -shared -fPIC -pthread -o "$work/odd_threads.so" "$lib/odd_threads.c"
mkfifo "$run/orders"
LD_PRELOAD=$work/odd_threads.so ODD_THREADS=$run/orders mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}

# ---- threads that the kernel runs inside the process ----

order worker
check "a thread reads through io_uring" wait_for 5 has_named '^worker$\|^forbidden$'
if has_named '^forbidden$'; then
    tap_note "io_uring is not permitted here: a worker of the kernel's is not tested"
    workers=0
else
    check "so a thread of the kernel's is there" wait_for 5 has_named '^iou-wrk-'
    workers=1
fi
succeeds "applied all the same" '"result": "applied"' --apply "$(payload hammer)" --json
is "threads that were left alone" "$(json kernel-threads)" "$workers"
succeeds "debug tells of them" "left alone, they never leave the kernel $workers" \
    --remove hammer --debug

# ---- old values on stacks ----

# --wait 0 makes but one try that can unwind.
order stale "$(address mini_version)"
check "a thread sleeps for ever with a stale word above and below rsp" wait_for 5 has_named '^stale$'
succeeds "it blocks no apply" "^applied 'version'" --apply "$(payload version)" --wait 0
succeeds "nor a removal" "^removed 'version'" --remove version --wait 0
succeeds "of other code" "^applied 'transfer'" --apply "$(payload transfer)" --wait 0
order under "$(address mini_transfer)" "$(address mini_version)"
check "a thread sleeps for ever in new code, with a stale word above" wait_for 5 has_named '^under$'
succeeds "which blocks no apply either" "^applied 'version'" --apply "$(payload version)" --wait 0
succeeds "nor the removal" "^removed 'version'" --remove version --wait 0

# ---- who is in the way, and who called it ----

refuses "removing code that is slept in" 5 \
    "^error: busy: thread [0-9]+ \(under\) is in 'mini_transfer'.*#0 .*#[1-9] patch transfer\+0x.*while removing" \
    --remove transfer --wait 0
check "worker 0 goes to sleep in the new function" say sleep-in
refuses "a frame above new code" 5 \
    "thread [0-9]+ \(mini\) is in 'work'.*sleep_until_woken\+0x.* patch transfer\+0x.* work\+0x" \
    --apply "$(payload worker)" --wait 0
run --apply "$(payload worker)" --wait 0 --json
is "busy as JSON: exit code" "$status" 5
like "busy as JSON" "$out" '"context": "#0 [^"]*\\n#[0-9]+ work\+0x'
is "it wakes up" "$(say wake)" "ok 1042"

# ---- who will be in the way, without stopping anybody ----

check "worker 0 goes to sleep in the new function" say sleep-in
refuses "a check of what is never left" 5 \
    "thread [0-9]+ \(mini\) is in 'work' and did not leave it within 1 s.* patch transfer\+0x.* work\+0x.*while checking" \
    --check "$(payload worker)" --debug
fails "it has stopped nobody" 1 grep -q threads: "$work/err"
is "it wakes up" "$(say wake)" "ok 1042"
check "the workers hammer" say hammer on
succeeds "a check of what is left again and again" "^checked 'hammer'" --check "$(payload hammer)"
check "the hammering ends" say hammer off

# ---- threads come and go while all are to be stopped ----

order storm 20 # 32
check "32 threads start others all the time" wait_for 5 has_named '^storm$' 32
failed=0
for _ in {1..20}; do
    run --apply "$(payload hammer)"
    [[ $status -eq 0 ]] || { failed=$((failed + 1)) && tap_note "$err"; }
    run --remove hammer
    [[ $status -eq 0 ]] || { failed=$((failed + 1)) && tap_note "$err"; }
done
is "20 times applied and removed meanwhile, failures" "$failed" 0
order storm 0
check "the storm ends" wait_for 5 eval '! has_named "^storm$"'

# ---- somebody else traces, or the kernel forbids it ----

if command -v gdb >/dev/null; then
    mkfifo "$run/gdb"
    gdb --nx --quiet --pid "$pid" <"$run/gdb" >"$work/gdb.log" 2>&1 &
    debugger=$!
    keep "$debugger"
    exec {gdb_in}>"$run/gdb"
    check "gdb holds the process" wait_for 20 grep -q "^TracerPid:.$debugger" "/proc/$pid/status"
    printf 'echo held\\n\n' >&"$gdb_in"
    check "all of it" wait_for 20 grep -q held "$work/gdb.log"
    run --apply "$(payload hammer)" --wait 0
    is "gdb is attached: exit code" "$status" 5
    like "gdb is attached" "$err" "^error: process $pid is traced by process $debugger \(gdb\)"
    echo 'detach' >&"$gdb_in"
    exec {gdb_in}>&-
    end "$debugger"
    succeeds "gdb is gone" "^applied 'hammer'" --apply "$(payload hammer)"
    succeeds "and back" "^removed 'hammer'" --remove hammer
fi
status=0
setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \
    "$BIN/raxlpxs" --socket "$sock" --apply "$(payload hammer)" 2>"$work/err" || status=$?
is "without the right to trace: exit code" "$status" 5
like "without the right to trace" "$(<"$work/err")" "^error: may not stop .*: .*; this client has no CAP_SYS_PTRACE"

# ---- the client lets go before it says COMMIT ----

is "the runtime notices a thread that has run since it was found stopped" \
    "$("$lib/letting_go.py" "$sock" "$pid" "$(payload hammer)" hammer)" ok
check "then all threads run" wait_for 5 is_left_alone
succeeds "the patch is in" "^removed 'hammer'" --remove hammer

# ---- the client stalls while threads are stopped ----

# A thread that can't be stopped makes each stop as long as it may be.
is_in_stop() { grep -qhE '^State:.*tracing' /proc/"$pid"/task/*/status; }
order vfork
check "a thread waits in vfork()" wait_for 5 has_named '^vfork$'
"$BIN/raxlpxs" --socket "$sock" --apply "$(payload hammer)" --wait 60 >/dev/null 2>"$work/err" &
victim=$!
keep "$victim"
caught() {
    kill -STOP "$victim"
    wait_for 5 grep -q '^State:.*stopped' "/proc/$victim/status"
    is_in_stop && return 0
    kill -CONT "$victim"
    return 1
}
check "the client is stopped while it holds the threads" wait_for 30 caught
is_ended() { # IN-WHICH-CASE
    check "$1, it is ended" wait_for 10 is_gone "$victim"
    check "$1, all threads run then" wait_for 5 is_left_alone
    check "$1, it says why" wait_for 5 \
        grep -q "^error: raxlpxs stood still while it held the threads of process $pid" "$work/err"
}
is_ended "the client stalls"
# Also behind the stop: who did not come to rest in time may do so any moment.
"${CC:-gcc}" -shared -fPIC -O2 -o "$work/rest.so" "$top/testdata/preload/rest_after_stop.c"
LD_PRELOAD=$work/rest.so "$BIN/raxlpxs" --socket "$sock" --apply "$(payload hammer)" --wait 60 \
    >/dev/null 2>"$work/err" &
victim=$!
keep "$victim"
check "the client is stopped behind a stop" wait_for 10 grep -q '^State:.*stopped' "/proc/$victim/status"
is_ended "the client stalls behind a stop"
check "the target answers" say version
refuses "the next client is told" 5 "thread [0-9]+ \(vfork\) does not come to rest" \
    --apply "$(payload hammer)" --wait 0
# shellcheck disable=SC2046 # one number
kill -KILL $(pgrep -x vforked -P "$pid")
succeeds "and works when it can" "^applied 'hammer'" --apply "$(payload hammer)"
succeeds "and back" "^removed 'hammer'" --remove hammer

# ---- the target ends meanwhile ----

check "worker 0 goes to sleep in the new function" say sleep-in
"$BIN/raxlpxs" --socket "$sock" --remove transfer --wait 60 --debug >/dev/null 2>"$work/err" &
victim=$!
check "a client waits for it" wait_for 10 grep -q 'let go' "$work/err"
kill -KILL "$pid"
status=0
wait "$victim" || status=$?
is "the target is killed: exit code" "$status" 3
like "the target is killed" "$(<"$work/err")" "error: process $pid has ended"

tap_done
