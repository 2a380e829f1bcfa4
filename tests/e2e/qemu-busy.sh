#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# A running QEMU with a Linux guest whose old code can't be left: a thread waits in connect_thread_func(), a
# coroutine in nbd_client_co_block_status(), for an NBD server that we hold with SIGSTOP. Nothing is
# changed then, and who is in the way is named; when they leave, the patch goes in. And a function
# patched twice. Builds QEMU when it is not built yet.

set -euo pipefail
name=qemu-busy
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/load.sh
source "$lib/load.sh"

story_has_source || tap_skip_all 'no source package of QEMU, and no network'

asks=nbd_client_co_block_status connects=connect_thread_func

raxlpxs() { "$BIN/raxlpxs" --socket "${vm_sock[vm]}" "$@"; }
qmp() { "$lib/qmp.py" "$run/vm/qmp" "$@"; }
patch() { printf '%s\n' "$work/$1/$1.raxlpxs"; }
text() { text_sum "${vm_pid[vm]}"; }
# said FUNCTION: how often its new code has told of itself.
said() { grep -cx "new $1" "$work/vm/stderr" || true; }

# serve / hold / release: the NBD server. What is sent to one that is held waits in its socket.
serve() {
    rm -f "$run/nbd"
    "${QEMU%/*}/qemu-nbd" -k "$run/nbd" -f raw -r -t "$work/disk" 2>>"$work/nbd.err" &
    server=$!
    keep "$server"
    wait_for 5 test -S "$run/nbd"
}
hold() {
    kill -STOP "$server"
    wait_for 5 grep -q '^State:.*stopped' "/proc/$server/status"
}
release() { kill -CONT "$server"; }
# end kills with TERM first, to which one that is held does not listen.
end_server() {
    kill -KILL "$server" && end "$server"
}

# A job that reads all of the server's disk.
copy() { qmp blockdev-backup '{"job-id": "copy", "device": "far", "target": "sink", "sync": "full"}'; }
copied() { [[ $(qmp query-block-jobs) == '[]' ]]; }
# has_threads NAME N
has_threads() { [[ $(cat /proc/"${vm_pid[vm]}"/task/*/comm | grep -cx "$1") -eq $2 ]]; }
is_left_alone() {
    ! grep -hE '^(State:.*(stopped|tracing)|TracerPid:.*[1-9])' /proc/"${vm_pid[vm]}"/task/*/status
}

# busy TEXT REGEX FUNCTION FRAME ARGUMENT...: exit code 5, who is where and how he came there; nothing has
# changed.
busy() {
    local text=$1 regex=$2 function=$3 frame=$4 before status=0 said
    shift 4
    before=$(text)
    said=$(raxlpxs "$@" 2>&1 >/dev/null) || status=$?
    is "$text: exit code" "$status" 5
    like "$text: who is where" "$said" "^error: busy: $regex '$function' .*within 1 s"
    like "$text: backtrace" "$said" "#[0-9]+ $frame\+0x[0-9a-f]+"
    is "$text: the code is what it was" "$(text)" "$before"
    check "$text: all threads run" is_left_alone
    check "$text: the guest ticks on" vm_ticks vm 3 20
}

# waits PATCH: an apply in the background, which must find a moment when they leave.
waits() {
    raxlpxs --apply "$(patch "$1")" --wait 60 --debug >"$work/waiting" 2>"$work/waiting.err" &
    waiting=$!
}
has_tried() { [[ $(grep -c 'threads: ' "$work/waiting.err") -ge 3 ]]; }
gets_in() { # gets_in TEXT
    local status=0
    wait "$waiting" || status=$?
    is "$1: who waited gets it applied: exit code" "$status" 0
    like "$1: who waited gets it applied" "$(<"$work/waiting")" "^applied .* after [0-9]+ attempts"
}

check "lpbuild builds QEMU with the runtime" story_prepare
load_edit "$work/thread.patch" nbd-connect
load_edit "$work/coroutine.patch" nbd-status
load_edit "$work/both.patch" nbd-connect nbd-status
for name in thread coroutine both; do
    check "lpbuild makes the live patch '$name'" story_patch "$name" "$work/$name.patch"
done
head -c 4M /dev/urandom >"$work/disk"
serve
check "a guest boots" vm_boot vm -name debug-threads=on
check "the guest ticks" vm_ticks vm 5 60
check "a disk far away" qmp blockdev-add "{\"driver\": \"nbd\", \"node-name\": \"far\", \"read-only\": true,
    \"reconnect-delay\": 600, \"server\": {\"type\": \"unix\", \"path\": \"$run/nbd\"}}"
check "where it is copied to" qmp blockdev-add '{"driver": "null-co", "node-name": "sink", "size": 4194304}'
plain=$(text)

# ---- a coroutine ----

coroutine="coroutine 0x[0-9a-f]+ is in"
check "the server is held" hold
check "a coroutine waits for it" copy
busy "a coroutine waits" "$coroutine" "$asks" "$asks" --apply "$(patch coroutine)" --wait 1
check "another function can be changed meanwhile" raxlpxs --apply "$(patch thread)"
check "and changed back" raxlpxs --remove thread
is "no new code has run" "$(said "$asks")" 0
release
check "the server goes on, the coroutine ends" wait_for 20 copied
check "then it goes in" raxlpxs --apply "$(patch coroutine)"
check "the new code" copy
check "does its work" wait_for 20 copied
check "and has run" test "$(said "$asks")" -gt 0
check "the server is held again" hold
check "a coroutine waits in the new code" copy
busy "a coroutine waits in new code" 'coroutine 0x[0-9a-f]+ .*' "$asks" "patch coroutine" --remove coroutine --wait 1
release
check "it ends" wait_for 20 copied
check "then it goes out" raxlpxs --remove coroutine
is "the code is the original one" "$(text)" "$plain"

# ---- a thread, and below it a coroutine that waits for the connection ----

thread="thread [0-9]+ \(nbd-connect\) is in"
end_server
serve
check "a server that says nothing" hold
check "the connection is made anew" copy
check "a thread waits for it" wait_for 10 has_threads nbd-connect 1
busy "a thread waits" "$thread" "$connects" "$connects" --apply "$(patch thread)" --wait 1
busy "so it is foreseen" "$thread" "$connects" "$connects" --check "$(patch thread)" --wait 1
busy "both, in one patch" "$thread" "$connects" "$connects" --apply "$(patch both)" --wait 1
busy "the coroutine" "$coroutine" "$asks" "$asks" --apply "$(patch coroutine)" --wait 1
waits both
check "somebody waits for both to leave" wait_for 20 has_tried
is "no new code has run" "$(said "$connects")" 0
release
gets_in "both have left"
check "the job ends" wait_for 20 copied
check "the thread has ended" wait_for 10 has_threads nbd-connect 0

# The new thread function, from connection to connection.
end_server
serve
check "the server is held again" hold
check "the connection is made anew" copy
check "a thread waits in new code" wait_for 10 has_threads nbd-connect 1
is "which has run" "$(said "$connects")" 1
busy "a thread waits in new code" 'thread [0-9]+ \(nbd-connect\) .*' "$connects" "patch both" --remove both --wait 1
release
check "it ends" wait_for 20 copied
check "then both go out" raxlpxs --remove both
is "the code is the original one" "$(text)" "$plain"
check "the old code" copy
check "does its work" wait_for 20 copied
is "and no other" "$(said "$connects")" 1

# ---- patched twice, undone in order ----

port() { vm_hmp vm 'i /b 0x92' | sed -n 's/.* = 0x0*\([0-9a-f]\)/\1/p' | tr -d '\r\n'; }
load_edit "$work/first.patch" port-first
load_below=(port-first)
load_edit "$work/second.patch" port-second
check "lpbuild makes two patches of one function" lpbuild "$work/stack.log" --qemu --stack --out "$work/stack" \
    --diff "$work/first.patch" --diff "$work/second.patch"
first=$work/stack/first/first.raxlpxs second=$work/stack/second/second.raxlpxs
value=$((16#$(port)))
is "the bits are clear" "$((value & 0xf0))" 0
fails "the second alone is refused" 2 raxlpxs --apply "$second"
check "apply the first" raxlpxs --apply "$first"
once=$(text)
is "the first works" "$(port)" "$(printf %x $((value | 0x10)))"
check "apply the second" raxlpxs --apply "$second"
is "the second works" "$(port)" "$(printf %x $((value | 0x30)))"
check "the runtime's test is fine" raxlpxs --test
fails "the first can't go first" 2 raxlpxs --remove first
is "which has changed nothing" "$(port)" "$(printf %x $((value | 0x30)))"
check "remove the second" raxlpxs --remove second
is "the first works again" "$(port)" "$(printf %x $((value | 0x10)))"
is "with the code that it had" "$(text)" "$once"
check "remove the first" raxlpxs --remove first
is "the old function works" "$(port)" "$(printf %x "$value")"
is "the code is the original one" "$(text)" "$plain"
check "the runtime's test is fine" raxlpxs --test
check "the guest ticks on" vm_ticks vm 5 20
check "QMP answers" vm_answers vm 10
vm_end vm
end_server
tap_done
